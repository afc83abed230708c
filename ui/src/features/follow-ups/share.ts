import type { FollowUpRow } from '@/ipc'

/** 满意率: of those who were asked, how many leave nothing to do, in whole percent; none when nobody was asked. */
export function satisfiedPercent(rows: readonly Pick<FollowUpRow, 'satisfied'>[]): number | null {
  const asked = rows.filter((row) => row.satisfied !== null)
  if (asked.length === 0) return null
  // One who is not satisfied must never read as a hundred.
  return Math.floor((asked.filter((row) => row.satisfied).length / asked.length) * 100)
}
