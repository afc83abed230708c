import { fireEvent } from '@testing-library/dom'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { REACTION_MS, steady } from './steady'

// A page of two keys, 100 px each, below a band that is not there yet.
const KEY = 100
let bottom = 0
let grown: () => void
let detach: (() => void) | undefined
const pressed = { first: vi.fn(), second: vi.fn(), band: vi.fn() }
let now = 10_000

function at(y: number): HTMLElement {
  if (y < bottom) return document.querySelector<HTMLElement>('#call')!
  return document.querySelector<HTMLElement>(y - bottom < KEY ? '#first' : '#second')!
}
/** A finger goes down at `y` and comes up `later` ms after; `between` happens in the meantime. */
async function tap(y: number, between?: () => void, later = 80): Promise<void> {
  const down = at(y)
  await fireEvent(down, stamped(new MouseEvent('pointerdown', { bubbles: true, clientX: 10, clientY: y })))
  between?.()
  now += later
  await fireEvent(at(y) === down ? down : document.body, stamped(new MouseEvent('click', { bubbles: true, detail: 1, clientX: 10, clientY: y })))
}
function stamped<E extends Event>(event: E): E {
  Object.defineProperty(event, 'timeStamp', { value: now })
  return event
}
function appear(height: number): void {
  bottom = height
  grown()
}

beforeEach(() => {
  bottom = 0
  document.body.innerHTML = '<div id="band"><button id="call"></button></div><button id="first"><i></i></button><button id="second"></button>'
  vi.stubGlobal('ResizeObserver', class {
    constructor(callback: () => void) {
      grown = callback
    }
    observe(): void {}
    disconnect(): void {}
  })
  vi.spyOn(performance, 'now').mockImplementation(() => now)
  document.elementFromPoint = (_, y) => at(y)
  const band = document.querySelector<HTMLElement>('#band')!
  band.getBoundingClientRect = () => ({ bottom }) as DOMRect
  for (const [id, handler] of [['first', pressed.first], ['second', pressed.second], ['call', pressed.band]] as const) {
    handler.mockReset()
    document.getElementById(id)!.addEventListener('click', handler)
  }
  detach = steady(band) as () => void
})
afterEach(() => {
  detach?.()
  vi.unstubAllGlobals()
})

describe('a band that pushes the page down', () => {
  it('leaves a tap to what stood there when it was aimed', async () => {
    appear(KEY)
    now += REACTION_MS / 2
    await tap(KEY + 50)
    expect(pressed.first).not.toHaveBeenCalled()
    expect(pressed.second).toHaveBeenCalledTimes(1)
  })

  it('never takes for its own key what was meant for the page', async () => {
    appear(KEY)
    now += REACTION_MS / 2
    await tap(50)
    expect(pressed.band).not.toHaveBeenCalled()
    expect(pressed.first).toHaveBeenCalledTimes(1)
  })

  it('does not lose a tap in whose middle it appears', async () => {
    await tap(50, () => appear(KEY))
    expect(pressed.first).toHaveBeenCalledTimes(1)
  })

  it('is a page like any other as soon as it can have been seen', async () => {
    appear(KEY)
    now += REACTION_MS
    await tap(50)
    await tap(KEY + 50)
    expect([pressed.band, pressed.first, pressed.second].map((it) => it.mock.calls.length)).toEqual([1, 1, 0])
  })

  it('leaves keyboards and programs alone', () => {
    appear(KEY)
    document.getElementById('first')!.click()
    expect(pressed.first).toHaveBeenCalledTimes(1)
  })

  it('gives the page back when it goes', async () => {
    appear(KEY)
    now += 5_000
    appear(0)
    now += 100
    await tap(KEY + 50)
    expect(pressed.first, 'it was under the finger before the band went').toHaveBeenCalledTimes(1)
  })
})
