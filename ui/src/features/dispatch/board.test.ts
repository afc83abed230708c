import { cleanup, render, screen, waitFor } from '@testing-library/svelte'
import userEvent from '@testing-library/user-event'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Offer, RecordShown } from '@/ipc'
import { keyboard } from '@/shell/keyboard.svelte'
import Board from './Board.svelte'

const offer = (action: string, weight: Offer['weight'] = 'normal'): Offer => ({ action, words: { zh: action, en: action }, weight })
const shown = (id: string, state: string, offers: Offer[]): RecordShown => ({
  id,
  kind: 'work_order',
  card: {
    number: id, title: id, place: null, state, state_words: { zh: state, en: state }, tone: 'waiting', open: true,
    urgency: 'normal', responsible: [], next: null, born: 0,
  },
  deadline: null,
  anomalies: 0,
  delivered: true,
  offers,
})
const records = [
  shown('a', 'pending', [offer('dispatch', 'primary'), offer('chase'), offer('void', 'grave')]),
  shown('b', 'working', [offer('chase')]),
]
const asked: [string, unknown][] = []
const opened: string[] = []
let stop = (): void => {}

beforeEach(() => {
  asked.length = 0
  opened.length = 0
  Element.prototype.scrollIntoView ??= () => {}
  vi.stubGlobal('__TAURI_EVENT_PLUGIN_INTERNALS__', { unregisterListener: () => {} })
  vi.stubGlobal('__TAURI_INTERNALS__', {
    transformCallback: () => 1,
    invoke: (command: string, args: { id?: string }) => {
      asked.push([command, args])
      if (command === 'record') return Promise.resolve({ shown: records.find((one) => one.id === args.id), view: null, deadlines: [], anomalies: [] })
      if (command === 'act') return Promise.resolve({ record: 'b', records: [] })
      return Promise.resolve(command === 'people_for' ? [] : 1)
    },
  })
  stop = keyboard.listen()
  render(Board, { records, onopen: (id: string) => opened.push(id), called: 0 })
})
afterEach(() => {
  stop()
  cleanup()
  vi.unstubAllGlobals()
})

const card = (id: string): HTMLElement => screen.getAllByTestId('order-card').find((one) => one.dataset.record === id)!

describe('the board by keyboard', () => {
  it('Enter takes the expected next step of the selected order', async () => {
    card('a').focus()
    await userEvent.keyboard('{Enter}')
    expect(await screen.findByTestId('act-dispatch')).toBeTruthy()
  })

  it('Enter opens the record where no step is expected', async () => {
    card('b').focus()
    await userEvent.keyboard('{Enter}')
    expect(opened).toEqual(['b'])
  })

  it('arrows select, H opens, R asks how it goes', async () => {
    card('a').focus()
    await userEvent.keyboard('{ArrowRight}')
    await waitFor(() => expect(document.activeElement).toBe(card('b')))
    await userEvent.keyboard('h')
    expect(opened).toEqual(['b'])
    await userEvent.keyboard('r')
    const text = await screen.findByTestId('act-text')
    await userEvent.type(text, '到哪一步了？{Enter}')
    await waitFor(() => expect(asked.filter(([command]) => command === 'act')).toHaveLength(1))
    expect(asked.find(([command]) => command === 'act')?.[1]).toEqual({
      record: 'b',
      action: { kind: 'work_order', action: { do: 'chase', text: '到哪一步了？' } },
    })
  })

  it('does nothing with keys pressed elsewhere', async () => {
    document.body.focus()
    await userEvent.keyboard('{Enter}hr')
    expect(opened).toEqual([])
    expect(screen.queryByTestId('act-dispatch')).toBeNull()
  })

  it('shows exactly what is offered', () => {
    const keys = [...screen.getByTestId('offers').querySelectorAll('button')].map((one) => one.dataset.testid)
    expect(keys).toEqual(['offer-dispatch', 'offer-chase', 'offer-void'])
  })
})
