import { describe, expect, it } from 'vitest'
import type { RosterCell, RosterPerson, ShiftMark } from '@/ipc'
import { markFor, marksOf, monthAfter, moved, Pending } from './grid'

const shifts = [{ mark: '早' }, { mark: '晚' }] as ShiftMark[]
const cell = (day: number, mark: string): RosterCell => ({ person: { person: 'p', name: '甲' }, day, mark })

describe('the grid', () => {
  it('takes a mark, its digit, 0 for a day off, and full-width digits', () => {
    expect(['早', '2', '0', '休', '假', '１'].map((typed) => markFor(typed, shifts))).toEqual(['早', '晚', '休', '休', '假', '早'])
    expect(['x', '3', '', ' '].map((typed) => markFor(typed, shifts))).toEqual([undefined, undefined, undefined, undefined])
  })

  it('ends where the month and the people end', () => {
    expect(moved({ row: 0, day: 0 }, 'ArrowLeft', 3, 30)).toEqual({ row: 0, day: 0 })
    expect(moved({ row: 2, day: 29 }, 'ArrowRight', 3, 30)).toEqual({ row: 2, day: 29 })
    expect(moved({ row: 2, day: 29 }, 'Enter', 3, 30)).toEqual({ row: 2, day: 29 })
    expect(moved({ row: 1, day: 5 }, 'ArrowUp', 3, 30)).toEqual({ row: 0, day: 5 })
    expect(moved({ row: 1, day: 5 }, 'x', 3, 30)).toBeUndefined()
  })

  it('has a row for everybody, also who is not on it yet', () => {
    const people = [{ person: 'p' }, { person: 'q' }] as RosterPerson[]
    const marks = marksOf([{ person: { person: 'p', name: '甲' }, marks: '早晚' }], people, 3)
    expect(marks.get('p')).toEqual(['早', '晚', '·'])
    expect(marks.get('q')).toEqual(['·', '·', '·'])
  })

  it('counts months over the year', () => {
    expect([monthAfter('2026-12', 1), monthAfter('2026-01', -1), monthAfter('2026-06', 0)]).toEqual(['2027-01', '2025-12', '2026-06'])
  })
})

describe('what was typed', () => {
  it('goes in one piece while the book is writing, the last mark of a cell counting', async () => {
    const written: RosterCell[][] = []
    const release: (() => void)[] = []
    let settled = 0
    const pending = new Pending(
      (cells) => {
        written.push(cells)
        return new Promise((resolve) => release.push(resolve))
      },
      () => (settled += 1),
    )
    const first = pending.set(cell(1, '早'))
    void pending.set(cell(2, '早'))
    void pending.set(cell(2, '晚'))
    void pending.set(cell(3, '休'))
    expect(written).toEqual([[cell(1, '早')]])
    release[0]?.()
    await Promise.resolve()
    await Promise.resolve()
    expect(written[1]).toEqual([cell(2, '晚'), cell(3, '休')])
    expect([pending.busy, settled]).toEqual([true, 0])
    release[1]?.()
    await first
    expect([pending.busy, settled]).toEqual([false, 1])
  })

  it('can go on after the book refused', async () => {
    let refuse = true
    const pending = new Pending(
      () => (refuse ? Promise.reject(new Error('no')) : Promise.resolve()),
      () => undefined,
    )
    await expect(pending.set(cell(1, '早'))).rejects.toThrow('no')
    refuse = false
    await expect(pending.set(cell(1, '早'))).resolves.toBeUndefined()
    expect(pending.busy).toBe(false)
  })
})
