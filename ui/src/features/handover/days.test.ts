import { describe, expect, it } from 'vitest'
import type { RecordShown } from '@/ipc'
import { grouped, stepToDo, withActual } from './days'

const shown = (id: string, state: string): RecordShown => ({ id, card: { state } }) as unknown as RecordShown

describe('the list of handovers', () => {
  it('shows all of today, and of yesterday only what was begun', () => {
    const groups = grouped([shown('a', 'planned')], [shown('b', 'planned'), shown('c', 'sealed')])
    expect(groups.map((one) => [one.group, one.members.map((member) => member.id)])).toEqual([
      ['today', ['a']],
      ['yesterday', ['c']],
    ])
    expect(grouped([], [shown('b', 'planned')])).toEqual([])
  })
})

describe('the step to do', () => {
  it('is the first that has a gap, else the signatures', () => {
    expect(stepToDo([{ step: 'items' }, { step: 'inventory' }], 'signatures')).toBe('items')
    expect(stepToDo([], 'signatures')).toBe('signatures')
  })
})

describe('a count', () => {
  const draft = { name: '对讲机', expected: 4, actual: 4, condition: 'intact' } as const
  it.each([
    [3, 'missing'],
    [4, 'intact'],
    [5, 'intact'],
  ])('of %i is %s', (actual, condition) => {
    expect(withActual(draft, actual)).toMatchObject({ actual, condition })
  })
  it('keeps what a person said about damage', () => {
    expect(withActual({ ...draft, condition: 'damaged' }, 3).condition).toBe('damaged')
    expect(withActual({ ...draft, actual: 3, condition: 'missing' }, 4).condition).toBe('intact')
  })
})
