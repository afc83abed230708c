import type { RunState, RunStatus } from '@/ipc'

export type Group = 'now' | 'overdue' | 'later' | 'done'

const ORDER: readonly Group[] = ['now', 'overdue', 'later', 'done']
const GROUP: Record<RunState, Group> = {
  in_progress: 'now',
  can_start: 'now',
  overdue: 'overdue',
  not_yet: 'later',
  done: 'done',
  done_in_part: 'done',
}

/** Whether somebody has set out on it. */
export const begun = (run: RunStatus): boolean => run.walkers.length > 0

function groupOf(run: RunStatus): Group {
  // What somebody is walking stays on top, however late it is.
  return run.state === 'overdue' && begun(run) ? 'now' : GROUP[run.state]
}

/** The runs as people look for them; empty groups are left out. What is being walked comes first, then by time. */
export function inGroups(runs: readonly RunStatus[]): { group: Group; runs: RunStatus[] }[] {
  const time = (run: RunStatus): number => run.start ?? 0
  return ORDER.map((group) => ({
    group,
    runs: runs
      .filter((run) => groupOf(run) === group)
      .toSorted((a, b) => Number(begun(b)) - Number(begun(a)) || (group === 'done' ? time(b) - time(a) : time(a) - time(b))),
  })).filter((part) => part.runs.length > 0)
}
