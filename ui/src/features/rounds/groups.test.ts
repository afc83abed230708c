import { expect, it } from 'vitest'
import type { RunState, RunStatus } from '@/ipc'
import { inGroups } from './groups'

const run = (record: string, state: RunState, start: number, walked = false): RunStatus =>
  ({ record, state, start, walkers: walked ? [{ person: 'p', name: '甲' }] : [] }) as unknown as RunStatus

it('puts what is being walked on top, then by time; what is over last and newest first', () => {
  const groups = inGroups([
    run('later', 'not_yet', 900),
    run('done-old', 'done', 100),
    run('done-new', 'done_in_part', 200),
    run('can', 'can_start', 300),
    run('walked', 'in_progress', 400, true),
    run('walked-late', 'overdue', 350, true),
    run('missed', 'overdue', 50),
  ])
  expect(groups.map(({ group, runs }) => [group, ...runs.map(({ record }) => record)])).toEqual([
    ['now', 'walked-late', 'walked', 'can'],
    ['overdue', 'missed'],
    ['later', 'later'],
    ['done', 'done-new', 'done-old'],
  ])
})
