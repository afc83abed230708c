import { afterEach, describe, expect, it, vi } from 'vitest'
import { listenWedge } from './listen-wedge'
import { Wedge } from './wedge'

function type(wedge: Wedge, text: string, gap_ms: number, from_ms = 0): string | null {
  let at_ms = from_ms
  let code: string | null = null
  for (const key of [...text, 'Enter']) {
    at_ms += gap_ms
    code = wedge.key(key, at_ms)
  }
  return code
}

describe('a scanner that types', () => {
  it('gives the code after a burst that ends with Enter', () => {
    expect(type(new Wedge(), 'SFY-B1-PUMP', 8)).toBe('SFY-B1-PUMP')
  })

  it('lets people type', () => {
    expect(type(new Wedge(), 'SFY-B1-PUMP', 120)).toBeNull()
  })

  it('does not take what somebody typed before the scan', () => {
    const wedge = new Wedge()
    for (const [at, key] of ['a', 'b', 'c'].entries()) wedge.key(key, at * 200)
    expect(type(wedge, 'SFY-07', 10, 2_000)).toBe('SFY-07')
  })

  it('takes no burst too short to be a code, and no Enter that comes late', () => {
    expect(type(new Wedge(), 'ok', 5)).toBeNull()
    const wedge = new Wedge()
    for (const [at, key] of [...'SFY-07'].entries()) wedge.key(key, at * 10)
    expect(wedge.key('Enter', 900)).toBeNull()
  })

  it('passes over Shift', () => {
    const wedge = new Wedge()
    let at_ms = 0
    for (const key of ['Shift', 'S', 'Shift', 'F', 'Y', '1']) wedge.key(key, (at_ms += 10))
    expect(wedge.key('Enter', at_ms + 10)).toBe('SFY1')
  })
})

describe('listening on the whole screen', () => {
  let stop = (): void => undefined
  afterEach(() => {
    stop()
    document.body.replaceChildren()
  })

  function press(target: EventTarget, key: string, init: KeyboardEventInit = {}): KeyboardEvent {
    const event = new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true, ...init })
    target.dispatchEvent(event)
    return event
  }

  it('hears a code while a field has the focus, gives the field back its text, and keeps the Enter', () => {
    const heard = vi.fn()
    stop = listenWedge(heard)
    const field = document.createElement('input')
    document.body.append(field)
    field.value = '门锁'
    const input = vi.fn()
    field.addEventListener('input', input)
    for (const key of 'SFY-07') {
      press(field, key)
      field.value += key
    }
    const enter = press(field, 'Enter')
    expect(heard).toHaveBeenCalledExactlyOnceWith('SFY-07')
    expect(field.value).toBe('门锁')
    expect(input).toHaveBeenCalledOnce()
    expect(enter.defaultPrevented).toBe(true)
  })

  it('leaves keys of the input method alone', () => {
    const heard = vi.fn()
    stop = listenWedge(heard)
    for (const key of 'shuibeng') press(document.body, key, { keyCode: 229 } as KeyboardEventInit)
    press(document.body, 'Enter', { isComposing: true })
    expect(heard).not.toHaveBeenCalled()
  })
})
