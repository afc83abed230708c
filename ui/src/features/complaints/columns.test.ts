import { expect, it } from 'vitest'
import type { RecordShown, Urgency } from '@/ipc'
import { arranged, moved } from './columns'

const one = (id: string, state: string, urgency: Urgency = 'normal', born = 0): RecordShown =>
  ({ id, kind: 'complaint', card: { state, urgency, born }, deadline: null }) as unknown as RecordShown

it('puts every state of a complaint that is open into a column, the gravest first', () => {
  const states = ['lodged', 'notified', 'planned', 'told_back', 'handling', 'settled', 'answered', 'followed_up']
  const board = arranged([...states.map((state) => one(state, state)), one('grave', 'handling', 'critical', 9)])
  expect(board.tell.map((it) => it.id)).toEqual(['lodged'])
  expect(board.plan.map((it) => it.id)).toEqual(['notified'])
  expect(board.handle.map((it) => it.id)).toEqual(['grave', 'planned', 'told_back', 'handling'])
  expect(board.ask.map((it) => it.id)).toEqual(['settled'])
  expect(board.visit.map((it) => it.id)).toEqual(['answered', 'followed_up'])
})

it('leaves out what is closed', () => {
  expect(Object.values(arranged([one('a', 'closed')])).flat()).toEqual([])
})

it('moves by arrow keys, over columns that are empty', () => {
  const board = arranged([one('a', 'lodged'), one('b', 'lodged', 'planned'), one('c', 'settled')])
  expect(moved(board, null, 'down')).toBe('a')
  expect(moved(board, 'a', 'down')).toBe('b')
  expect(moved(board, 'b', 'down')).toBe('b')
  expect(moved(board, 'b', 'right')).toBe('c')
  expect(moved(board, 'c', 'right')).toBe('c')
  expect(moved(board, 'c', 'left')).toBe('a')
})
