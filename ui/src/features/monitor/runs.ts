import type { RouteKind, RunStatus } from '@/ipc'
import { m } from '@/paraglide/messages.js'

export type Wanted = 'all' | 'now' | 'wrong'

/** Whether a run belongs into what somebody wants to see. */
export function wanted(run: RunStatus, show: Wanted): boolean {
  if (show === 'now') return ['can_start', 'in_progress', 'overdue'].includes(run.state)
  if (show === 'wrong') return run.missed > 0 || run.late > 0 || run.findings > 0 || run.state === 'overdue'
  return true
}

export const kindWord = (kind: RouteKind): string =>
  ({ guard_tour: m.kind_guard_tour, fire: m.kind_fire, before_closing: m.kind_before_closing })[kind]()
