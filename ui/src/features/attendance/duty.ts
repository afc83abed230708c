/** What the board counts and how one shift becomes something that can be acted on. */
import type { DutyShown, DutyState, Offer } from '@/ipc'
import type { Intent } from '@/features/record/asks.svelte'

/** What is counted in the strip above the board. */
export const COUNTED = ['on', 'missing', 'away', 'unrostered'] as const
export type Counted = (typeof COUNTED)[number]

const AS: Partial<Record<DutyState, Counted>> = {
  on_duty: 'on',
  missing: 'missing',
  overdue: 'missing',
  never_came: 'missing',
  away: 'away',
  unrostered: 'unrostered',
}

/** How many stand how. Somebody away from the post is still on duty, and so is somebody who is not rostered. */
export function counts(duties: readonly DutyShown[]): Record<Counted, number> {
  const sums: Record<Counted, number> = { on: 0, missing: 0, away: 0, unrostered: 0 }
  for (const { duty } of duties) {
    const as = AS[duty.state]
    if (as) sums[as] += 1
    if (as === 'away' || (as === 'unrostered' && duty.view.signed_out === null)) sums.on += 1
  }
  return sums
}

/** What pressing an offer's key on a shift means. */
export const intentFor = (shown: DutyShown, { action, words, weight }: Offer): Intent => ({
  kind: 'attendance',
  record: shown.duty.record,
  action,
  words,
  grave: weight === 'grave',
})
