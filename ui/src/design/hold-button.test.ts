import { fireEvent, render, screen } from '@testing-library/svelte'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import Wrap from '@/testing/Wrap.svelte'
import HoldButton from './primitives/HoldButton.svelte'

const onhold = vi.fn()

function button(props: Record<string, unknown> = {}): HTMLElement {
  render(Wrap, { of: HoldButton, with: { testid: 'h', onhold, ...props }, words: 'SOS' } as never)
  return screen.getByTestId('h')
}

beforeEach(() => {
  onhold.mockReset()
  vi.useFakeTimers()
})
afterEach(() => vi.useRealTimers())

describe('HoldButton', () => {
  it('acts once, after a full second', async () => {
    const key = button()
    await fireEvent.pointerDown(key, { isPrimary: true, button: 0 })
    vi.advanceTimersByTime(999)
    expect(onhold).not.toHaveBeenCalled()
    vi.advanceTimersByTime(1)
    expect(onhold).toHaveBeenCalledTimes(1)
    await fireEvent.pointerUp(key)
    vi.advanceTimersByTime(5000)
    expect(onhold).toHaveBeenCalledTimes(1)
  })

  it.each(['pointerUp', 'pointerLeave', 'pointerCancel', 'blur'] as const)('does nothing when it ends early by %s, and says so', async (end) => {
    const key = button()
    await fireEvent.pointerDown(key, { isPrimary: true, button: 0 })
    vi.advanceTimersByTime(700)
    await fireEvent[end](key)
    vi.advanceTimersByTime(1000)
    expect(onhold).not.toHaveBeenCalled()
    expect(key.dataset.phase).toBe('short')
  })

  it('ignores a second finger', async () => {
    const key = button()
    await fireEvent.pointerDown(key, { isPrimary: false, button: 0 })
    vi.advanceTimersByTime(2000)
    expect(onhold).not.toHaveBeenCalled()
  })

  it.each([' ', 'Enter'])('can be held with the keyboard (%j), and a repeating key is still one hold', async (name) => {
    const key = button()
    await fireEvent.keyDown(key, { key: name })
    vi.advanceTimersByTime(600)
    await fireEvent.keyDown(key, { key: name, repeat: true })
    vi.advanceTimersByTime(400)
    expect(onhold).toHaveBeenCalledTimes(1)
    await fireEvent.keyUp(key, { key: name })

    vi.advanceTimersByTime(5000)
    await fireEvent.keyDown(key, { key: name })
    vi.advanceTimersByTime(500)
    await fireEvent.keyUp(key, { key: name })
    vi.advanceTimersByTime(2000)
    expect(onhold).toHaveBeenCalledTimes(1)
  })

  it('lets assistive technology confirm with a second press', async () => {
    const key = button()
    await fireEvent.click(key, { detail: 0 })
    expect(onhold).not.toHaveBeenCalled()
    expect(key.dataset.phase).toBe('confirm')
    await fireEvent.click(key, { detail: 0 })
    expect(onhold).toHaveBeenCalledTimes(1)
  })

  it('does not take the click after a short tap for a confirmation', async () => {
    const key = button()
    for (let i = 0; i < 2; i++) {
      await fireEvent.pointerDown(key, { isPrimary: true, button: 0 })
      await fireEvent.pointerUp(key)
      await fireEvent.click(key, { detail: 1 })
    }
    vi.advanceTimersByTime(5000)
    expect(onhold).not.toHaveBeenCalled()
  })

  it('rests while disabled', async () => {
    const key = button({ disabled: true })
    await fireEvent.pointerDown(key, { isPrimary: true, button: 0 })
    vi.advanceTimersByTime(2000)
    expect(onhold).not.toHaveBeenCalled()
  })
})
