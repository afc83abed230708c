import type { RecordShown, Urgency } from '@/ipc'

const RANK: Record<Urgency, number> = { critical: 0, urgent: 1, normal: 2, planned: 3 }

/** Most urgent first; of the same urgency, whose clock runs out first. */
export function byUrgency(orders: readonly RecordShown[]): RecordShown[] {
  const rank = (order: RecordShown): number => RANK[order.card.urgency ?? 'normal']
  const due = (order: RecordShown): number => order.deadline?.due ?? Infinity
  return orders.toSorted((a, b) => rank(a) - rank(b) || due(a) - due(b) || (a.card.born ?? 0) - (b.card.born ?? 0))
}

/** What the person may take and does not have yet. */
export function notMine(waiting: readonly RecordShown[], mine: readonly RecordShown[]): RecordShown[] {
  return waiting.filter((order) => order.offers.some((offer) => offer.action === 'accept') && !mine.some((own) => own.id === order.id))
}
