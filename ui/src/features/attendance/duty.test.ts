import { describe, expect, it } from 'vitest'
import type { DutyShown, DutyState } from '@/ipc'
import { counts, intentFor } from './duty'

const shown = (state: DutyState, signed_out: unknown = null): DutyShown =>
  ({ duty: { record: 'r1', state, view: { signed_out } }, offers: [] }) as unknown as DutyShown

describe('the strip above the board', () => {
  it('counts who is there, who is missing and who is away', () => {
    const states: DutyState[] = ['on_duty', 'on_duty', 'away', 'missing', 'overdue', 'due', 'later', 'off', 'never_came', 'settled']
    expect(counts(states.map((state) => shown(state)))).toEqual({ on: 3, missing: 3, away: 1, unrostered: 0 })
  })

  it('counts somebody who is not rostered as there until they have gone', () => {
    expect(counts([shown('unrostered')])).toEqual({ on: 1, missing: 0, away: 0, unrostered: 1 })
    expect(counts([shown('unrostered', { at: 1 })])).toEqual({ on: 0, missing: 0, away: 0, unrostered: 1 })
  })
})

it('an offer that must not be pressed by mistake asks to be held', () => {
  const offer = { action: 'refuse_away', words: { zh: '不准离岗', en: 'refuse' }, weight: 'grave' } as const
  expect(intentFor(shown('away'), offer)).toMatchObject({ kind: 'attendance', record: 'r1', action: 'refuse_away', grave: true })
})
