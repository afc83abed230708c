import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { zone } from '@/i18n/zone.svelte'
import type { EntryShown, SheetShown } from '@/ipc'
import { columnsOf } from './board'
import { askingOf, askOf, today } from './asking'
import { cellText, textOf } from './cells'
import { sheets } from './sheets.svelte'

const words = (zh: string) => ({ zh, en: zh })
const column = (key: string, holds: string, required = true) => ({ key, words: words(key), holds, choices: [{ value: 'a', words: words('甲') }], unit: words('份'), asked: true, required })
const state = (name: string, open: boolean) => ({ name, words: words(name), tone: 'waiting' as const, open })
const sheet: SheetShown = {
  kind: 'instruction',
  heading: words('工作指示登记(督办)表'),
  spine: words('工作指示'),
  about: words(''),
  columns: [column('content', 'long')],
  write: words('登记'),
  states: [state('waiting', true), state('taken', true), state('closed', false), state('withdrawn', false)],
  steps: [
    { name: 'acknowledge', asks: [] },
    { name: 'extend', asks: [column('due', 'moment'), column('reason', 'text')] },
  ],
  may_write: true,
}
const entry = (id: string, at: string, back = false) => ({ shown: { id, card: { state: at } }, back_with_giver: back }) as unknown as EntryShown
const machine = zone.minutes

beforeEach(() => (zone.minutes = 480))
afterEach(() => (zone.minutes = machine))

describe('the board of a register', () => {
  it('puts what ran out of time first and every entry in one column', () => {
    const columns = columnsOf(sheet, [entry('1', 'waiting'), entry('2', 'taken', true), entry('3', 'taken'), entry('4', 'withdrawn')])
    expect(columns.map((one) => [one.name, one.entries.map((each) => each.shown.id)])).toEqual([
      ['overdue', ['2']],
      ['waiting', ['1']],
      ['taken', ['3']],
      ['closed', ['4']],
    ])
  })

  it('has no column of overdue entries while there are none', () => {
    expect(columnsOf(sheet, []).map((one) => one.name)).toEqual(['waiting', 'taken', 'closed'])
  })
})

describe('the questions of a register', () => {
  it('are read off its sheet', () => {
    expect(askingOf('instruction')).toBeUndefined()
    sheets.take([sheet])
    const asking = askingOf('instruction')
    expect(asking?.plain).toEqual(['acknowledge'])
    const intent = { kind: 'instruction', record: 'r', action: 'extend', words: words(''), grave: false }
    expect(asking?.asks(intent, null).map((one) => [one.name, one.type])).toEqual([
      ['due', 'when'],
      ['reason', 'text'],
    ])
    expect(asking?.asks({ ...intent, action: 'decide' }, null).map((one) => one.name)).toEqual(['reason'])
  })

  it('ask for what a column holds', () => {
    const types = ['long', 'moment', 'people', 'count', 'choice', 'place'].map((holds) => askOf(column('x', holds)).type)
    expect(types).toEqual(['area', 'when', 'people', 'number', 'choice', 'text'])
    expect(askOf(column('x', 'moment', false))).toMatchObject({ optional: true })
  })

  it('today is a day of the site', () => {
    expect(today(Date.UTC(2026, 10, 24, 17, 0))).toBe('2026-11-25')
  })
})

describe('a cell', () => {
  const at = Date.UTC(2026, 10, 24, 2, 5)
  it('shortens a moment by how near it is', () => {
    expect(textOf({ is: 'moment', value: at }, at + 3_600_000)).toBe('10:05')
    expect(textOf({ is: 'moment', value: at }, at + 48 * 3_600_000)).toBe('11-24 10:05')
    expect(textOf({ is: 'moment', value: at })).toContain('2026')
  })

  it('reads both values that stand side by side', () => {
    const who = (name: string) => ({ is: 'people' as const, value: [{ person: name, name }] })
    const text = cellText({ key: 'owner', words: words('领受人'), values: [who('老张'), who('老赵')] })
    expect(text).toContain('老张')
    expect(text).toContain('老赵')
  })
})
