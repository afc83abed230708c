import type { AbsenceView } from '@/ipc'
import { shifted } from '@/features/ledger/days'
import { m } from '@/paraglide/messages.js'
import { reason, type Ask, type Asking } from '../ask'
import type { Intent } from '../asks.svelte'

export const absence: Asking<'absence'> = { asks, plain: ['accept_cover'] }

/** The days of an application, first to last. */
export function daysOf(view: AbsenceView | null): string[] {
  const said = view?.said
  if (!said) return []
  if (said.form === 'swap') return [said.day, ...(said.back ? [said.back] : [])]
  const days: string[] = []
  for (let day = said.from; day <= said.to; day = shifted(day, 1)) days.push(day)
  return days
}

function asks({ action }: Intent, view: AbsenceView | null): Ask[] {
  switch (action) {
    case 'approve':
      return [{ name: 'opinion', label: m.field_opinion(), type: 'text' }]
    case 'decline_cover':
    case 'reject':
    case 'withdraw':
      return [reason()]
    case 'end':
      return [{ name: 'from', label: m.ask_from_day(), type: 'choice', list: true, options: daysOf(view).map((day) => ({ value: day, label: day })) }]
    default:
      return []
  }
}
