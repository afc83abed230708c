import { describe, expect, it } from 'vitest'
import type { HistoryFact, PersonTile, Role } from '@/ipc'
import { offersHere } from './asks.svelte'
import { corrected, correctables } from './corrections'
import { amountOf, answered, emptyForm, valuesOf, type Ask } from './ask'
import { byReadiness, toggled } from './people'

describe('forms', () => {
  const asks: Ask[] = [
    { name: 'to', label: '', type: 'people' },
    { name: 'precautions', label: '', type: 'many', options: [] },
    { name: 'precaution', label: '', type: 'text' },
  ]

  it('join the precautions chosen with the one in own words', () => {
    const form = { ...emptyForm(asks), precautions: ['先断电'], precaution: ' 有狗 ' }
    expect(valuesOf(asks, form)).toEqual({ to: [], precautions: ['先断电', '有狗'] })
    expect(valuesOf(asks, { ...emptyForm(asks) })).toEqual({ to: [], precautions: [] })
  })

  it('are not sent before every choice is made', () => {
    const reason: Ask[] = [{ name: 'reason', label: '', type: 'choice', options: [] }]
    expect(answered(reason, emptyForm(reason))).toBe(false)
    expect(answered(reason, { reason: 'weather' })).toBe(true)
  })

  it('send the number of a stop as a number', () => {
    expect(valuesOf([{ name: 'stop', label: '', type: 'choice', numeric: true, options: [] }], { stop: '3' })).toEqual({ stop: 3 })
  })

  it.each([
    ['12.5', 100, 1250],
    ['１２．５', 100, 1250],
    ['1,200', 100, 120_000],
    ['', 100, 0],
    ['abc', 100, 0],
    ['-3', 100, 0],
    ['0.1', 1000, 100],
  ])('read the amount %s', (text, scale, is) => {
    expect(amountOf(text, scale)).toBe(is)
  })
})

describe('questions that depend on an answer', () => {
  const asks: Ask[] = [
    { name: 'reached', label: '', type: 'yes', initial: true },
    { name: 'outgoing.line', label: '', type: 'choice', options: [{ value: '热线', label: '' }, { value: '专线', label: '' }], initial: '专线' },
    { name: 'outgoing.hotline_reason', label: '', type: 'text', when: (form) => form['outgoing.line'] === '热线' },
    { name: 'category', label: '', type: 'choice', options: [], when: (form) => form['reached'] === true },
    { name: 'person', label: '', type: 'people', single: true, optional: true },
  ]
  it('are not missed while they are not asked, and say nothing then', () => {
    const form = { ...emptyForm(asks), reached: false }
    expect(answered(asks, form)).toBe(true)
    expect(answered(asks, { ...form, reached: true })).toBe(false)
    expect(valuesOf(asks, form)).toEqual({ reached: false, outgoing: { line: '专线' }, person: undefined })
  })
  it('stand inside what they belong to', () => {
    const form = { ...emptyForm(asks), reached: false, 'outgoing.line': '热线', 'outgoing.hotline_reason': '专线故障' }
    expect(valuesOf(asks, form)['outgoing']).toEqual({ line: '热线', hotline_reason: '专线故障' })
  })
})

describe('offers', () => {
  const offer = (action: string) => ({ action, words: { zh: action, en: action }, weight: 'normal' as const })
  it('are shown as the book gives them, without the steps of a round, which the tablet takes', () => {
    expect(offersHere('work_order', [offer('start'), offer('finish')])).toHaveLength(2)
    expect(offersHere('patrol_run', [offer('scan'), offer('exempt')]).map((one) => one.action)).toEqual(['exempt'])
  })
})

describe('people', () => {
  const tile = (name: string, role: Role, open_orders = 0, shift: string | null = null): PersonTile => ({
    person: name, name, role, role_words: { zh: '', en: '' }, team: '', phone: '', shift, open_orders, suits: false,
  })
  it('stand in the order in which they are usually sent', () => {
    const people = [tile('主任', 'cs_supervisor'), tile('丙', 'worker', 0), tile('甲', 'worker', 3, '早班'), tile('乙', 'worker', 1, '早班'), tile('岗', 'guard')]
    expect(byReadiness(people).map((one) => one.name)).toEqual(['乙', '甲', '丙', '岗', '主任'])
  })
  it('of the team that does such work come first, on shift before off', () => {
    const people = [tile('保洁', 'worker', 0, '早班'), { ...tile('水工', 'worker', 2), suits: true }, { ...tile('电工', 'worker', 5, '早班'), suits: true }]
    expect(byReadiness(people).map((one) => one.name)).toEqual(['电工', '水工', '保洁'])
  })
  it('are chosen in order, the first one leads', () => {
    const [a, b] = [{ person: 'a', name: 'a' }, { person: 'b', name: 'b' }]
    expect(toggled(toggled([], a), b)).toEqual([a, b])
    expect(toggled([a, b], a)).toEqual([b])
  })
})

describe('corrections', () => {
  const fact = (kind: string, body: unknown): HistoryFact => ({
    fact: 'f', kind, at: 0, by: { person: 'p', name: 'p', role: 'duty_officer' }, words: { zh: '', en: '' }, body, amended: [], voided: null, known: true,
  })
  it('are offered for words and numbers that people know', () => {
    const fields = correctables(fact('received', { type: 'received', phone: '5550', category: 'repair', unit: 'u1', extra: 'x' }))
    expect(fields.map((one) => one.field)).toEqual(['phone'])
    expect(correctables(fact('reported', { category: '水' })).map((one) => one.field)).toEqual(['category'])
    expect(correctables(fact('strange', null))).toEqual([])
  })
  it('keep the type of the field', () => {
    expect(corrected(fact('finished', { minutes: 20 }), 'minutes', '３５')).toBe(35)
    expect(corrected(fact('received', { phone: '1' }), 'phone', '35')).toBe('35')
  })
})
