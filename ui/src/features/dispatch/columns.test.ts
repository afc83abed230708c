import { describe, expect, it } from 'vitest'
import type { RecordShown, Urgency } from '@/ipc'
import { arranged, byUrgency, moved } from './columns'

const shown = (id: string, state: string, urgency: Urgency | null = 'normal', due: number | null = null, kind = 'work_order'): RecordShown => ({
  id,
  kind,
  card: {
    number: id,
    title: id,
    place: null,
    state,
    state_words: { zh: state, en: state },
    tone: 'waiting',
    open: true,
    urgency,
    responsible: [],
    next: null,
    born: 0,
  },
  deadline: due === null ? null : { code: 'x', words: { zh: '', en: '' }, since: 0, due, rings: false },
  anomalies: 0,
  delivered: true,
  offers: [],
})
const ids = (records: readonly RecordShown[]): string[] => records.map((one) => one.id)

describe('the board', () => {
  it.each([
    ['pending', 'pending'],
    ['dispatched', 'dispatched'],
    ['accepted', 'working'],
    ['en_route', 'working'],
    ['arrived', 'working'],
    ['working', 'working'],
    ['paused', 'working'],
    ['finished', 'finished'],
    ['awaiting_followup', 'followup'],
    ['followed_up', 'followup'],
  ] as const)('puts an order that is %s into the column %s', (state, column) => {
    expect(ids(arranged([shown('a', state)])[column])).toEqual(['a'])
  })

  it('shows calls only while somebody still has to be sent', () => {
    const board = arranged([shown('a', 'open', 'normal', null, 'contact_record'), shown('b', 'converted', 'normal', null, 'contact_record')])
    expect(ids(board.pending)).toEqual(['a'])
    expect(Object.values(board).flat()).toHaveLength(1)
  })

  it('leaves out states it does not know instead of guessing', () => {
    expect(Object.values(arranged([shown('a', 'levitating')])).flat()).toEqual([])
  })

  it('orders by urgency, then by the clock that ends first', () => {
    const list = [shown('later', 'pending', 'urgent', 20), shown('plain', 'pending'), shown('worst', 'pending', 'critical'), shown('sooner', 'pending', 'urgent', 10)]
    expect(ids(list.sort(byUrgency))).toEqual(['worst', 'sooner', 'later', 'plain'])
  })
})

describe('arrow keys', () => {
  const board = arranged([shown('p1', 'pending', 'critical'), shown('p2', 'pending'), shown('w1', 'working'), shown('f1', 'followed_up')])
  it.each([
    ['p1', 'down', 'p2'],
    ['p2', 'down', 'p2'],
    ['p2', 'up', 'p1'],
    ['p1', 'right', 'w1'],
    ['p2', 'right', 'w1'],
    ['w1', 'right', 'f1'],
    ['f1', 'left', 'w1'],
    ['p1', 'left', 'p1'],
    [null, 'down', 'p1'],
    ['gone', 'right', 'p1'],
  ] as const)('from %s %s to %s', (from, way, to) => {
    expect(moved(board, from, way)).toBe(to)
  })

  it('lead nowhere on an empty board', () => {
    expect(moved(arranged([]), null, 'down')).toBeNull()
  })
})
