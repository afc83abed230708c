import { flushSync } from 'svelte'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Keyboard, chordOf } from './keyboard.svelte'

const press = (target: EventTarget, init: KeyboardEventInit & { keyCode?: number }): KeyboardEvent => {
  const event = new KeyboardEvent('keydown', { bubbles: true, cancelable: true, ...init })
  target.dispatchEvent(event)
  return event
}

describe('chordOf', () => {
  it.each([
    [{ key: 'F4' }, 'F4'],
    [{ key: 'Enter', ctrlKey: true }, 'Ctrl+Enter'],
    [{ key: '¡', code: 'Digit1', altKey: true }, 'Alt+1'],
    [{ key: '3', code: 'Numpad3' }, '3'],
    [{ key: 'r' }, 'R'],
    [{ key: 'R', shiftKey: true }, 'Shift+R'],
    [{ key: '?', code: 'Slash', shiftKey: true }, '?'],
    [{ key: ' ' }, 'Space'],
  ])('%o is %s', (init, chord) => {
    expect(chordOf(new KeyboardEvent('keydown', init))).toBe(chord)
  })
})

describe('the keyboard map', () => {
  let keyboard: Keyboard
  let stop: () => void
  const label = (): string => 'x'

  beforeEach(() => {
    keyboard = new Keyboard()
    stop = keyboard.listen()
  })
  afterEach(() => {
    stop()
    document.body.replaceChildren()
    vi.useRealTimers()
  })

  it('gives a chord to the top layer that knows it, and back again', () => {
    const below = vi.fn()
    const above = vi.fn()
    keyboard.layer(() => 'frame', [{ chord: 'F4', label, run: below }])
    const off = keyboard.layer(() => 'screen', [{ chord: 'F4', label, run: above }])
    expect(press(window, { key: 'F4' }).defaultPrevented).toBe(true)
    off()
    press(window, { key: 'F4' })
    expect([below.mock.calls.length, above.mock.calls.length]).toEqual([1, 1])
  })

  it('lets nothing through an exclusive layer, and leaves unknown keys alone', () => {
    const run = vi.fn()
    keyboard.layer(() => 'frame', [{ chord: 'F4', label, run }])
    keyboard.layer(() => 'sheet', [{ chord: 'Escape', label, run: () => {} }], { exclusive: true })
    expect(press(window, { key: 'F4' }).defaultPrevented).toBe(false)
    expect(run).not.toHaveBeenCalled()
    expect(keyboard.inForce.map(({ title }) => title)).toEqual(['sheet'])
  })

  it('refuses the same chord twice in one layer, and modifiers it does not know', () => {
    const twice = { chord: 'F4', label, run: () => {} }
    expect(() => keyboard.layer(label, [twice, twice])).toThrow(/twice/)
    expect(() => keyboard.layer(label, [{ ...twice, chord: 'Cmd+K' }])).toThrow(/modifier/)
  })

  it('shows what is in force once per chord, top layer first', () => {
    keyboard.layer(() => 'frame', [{ chord: 'F4', label, run: () => {} }, { chord: 'F1', label, run: () => {} }])
    keyboard.layer(() => 'screen', [{ chord: 'F4', label, run: () => {} }])
    expect(keyboard.inForce.map(({ title, bindings }) => [title, bindings.map((b) => b.chord)])).toEqual([
      ['screen', ['F4']],
      ['frame', ['F1']],
    ])
  })

  it('while somebody types, only function keys and Ctrl or Alt chords act', () => {
    const ran: string[] = []
    const chords = ['R', '1', '?', 'Enter', 'F2', 'Ctrl+Enter', 'Alt+1']
    keyboard.layer(() => 'screen', chords.map((chord) => ({ chord, label, run: () => ran.push(chord) })))
    const field = document.body.appendChild(document.createElement('input'))
    press(field, { key: 'r' })
    press(field, { key: '1', code: 'Digit1' })
    press(field, { key: '?' })
    press(field, { key: 'Enter' })
    press(field, { key: 'F2' })
    press(field, { key: 'Enter', ctrlKey: true })
    press(field, { key: '1', code: 'Digit1', altKey: true })
    expect(ran).toEqual(['F2', 'Ctrl+Enter', 'Alt+1'])
  })

  it('leaves every key of the input method alone', () => {
    const run = vi.fn()
    keyboard.layer(() => 'screen', [{ chord: 'Ctrl+Enter', label, run }, { chord: 'F2', label, run }])
    press(window, { key: 'Enter', ctrlKey: true, isComposing: true })
    press(window, { key: 'F2', keyCode: 229 })
    expect(run).not.toHaveBeenCalled()
  })

  it('fires a held chord after its time, once, and not when let go early', () => {
    vi.useFakeTimers()
    const run = vi.fn()
    keyboard.layer(() => 'frame', [{ chord: 'F12', label, run, hold_ms: 1000 }])
    const down = { key: 'F12', code: 'F12' }
    press(window, down)
    expect(keyboard.holding).toBe('F12')
    vi.advanceTimersByTime(900)
    window.dispatchEvent(new KeyboardEvent('keyup', down))
    vi.advanceTimersByTime(900)
    expect([run.mock.calls.length, keyboard.holding]).toEqual([0, null])

    press(window, down)
    press(window, { ...down, repeat: true })
    vi.advanceTimersByTime(1000)
    press(window, { ...down, repeat: true })
    vi.advanceTimersByTime(5000)
    expect(run).toHaveBeenCalledTimes(1)
  })

  it('can be filled from effects that run again', () => {
    let version = $state(1)
    const end = $effect.root(() => {
      $effect(() => keyboard.layer(() => `v${version}`, [{ chord: 'F4', label, run: () => {} }]))
      $effect(() => keyboard.layer(() => 'other', [{ chord: 'F5', label, run: () => {} }]))
    })
    flushSync()
    flushSync(() => (version = 2))
    expect(keyboard.inForce.map(({ title }) => title).sort()).toEqual(['other', 'v2'])
    end()
    expect(keyboard.inForce).toEqual([])
  })
})
