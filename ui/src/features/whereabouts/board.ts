import type { RecordShown } from '@/ipc'

/** Whether what somebody said is too old to be relied on. */
export const isStale = (one: RecordShown, now: number): boolean => one.deadline !== null && (one.deadline.due ?? 0) <= now

const ORDER = ['on_site', 'meeting', 'out', 'leave', 'undeclared']

/** Who can be sent for comes first; then by name. */
export function byReach(sheets: readonly RecordShown[]): RecordShown[] {
  return [...sheets].sort(
    (a, b) => ORDER.indexOf(a.card.state) - ORDER.indexOf(b.card.state) || a.card.title.localeCompare(b.card.title, 'zh-CN'),
  )
}
