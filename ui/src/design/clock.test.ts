import { render, screen } from '@testing-library/svelte'
import { tick } from 'svelte'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import Clock from './primitives/Clock.svelte'
import { readCountdown } from './countdown'

describe('readCountdown', () => {
  const deadline = 10_000_000
  it.each([
    // left_ms, state, digits
    [600_000, 'ok', '10:00'],
    [120_001, 'ok', '02:01'],
    [120_000, 'soon', '02:00'],
    [59_001, 'soon', '01:00'],
    [1, 'soon', '00:01'],
    [0, 'soon', '00:00'],
    [-1, 'over', '00:00'],
    [-999, 'over', '00:00'],
    [-1_000, 'over', '00:01'],
    [-3_600_000, 'over', '1:00:00'],
    [5_025_000, 'ok', '1:23:45'],
  ] as const)('%i ms left is %s %s', (left, state, digits) => {
    expect(readCountdown(deadline, deadline - left, 120_000)).toMatchObject({ state, digits })
  })

  it('counts days from two days on', () => {
    expect(readCountdown(3 * 86_400_000, 0, 0)).toMatchObject({ digits: null, days: 3 })
  })

  it('says how much of the time is used, within 0 and 1', () => {
    const used = (now: number): number | null => readCountdown(2_000, now, 0, 1_000).used
    expect([used(0), used(1_500), used(9_000)]).toEqual([0, 0.5, 1])
    expect(readCountdown(2_000, 0, 0).used).toBeNull()
    expect(readCountdown(2_000, 0, 0, 3_000).used).toBeNull()
  })
})

describe('Clock', () => {
  beforeEach(() => vi.useFakeTimers({ now: 1_000_000 }))
  afterEach(() => vi.useRealTimers())

  it('follows the shared ticker, in word, digits and state', async () => {
    render(Clock, { deadline: 1_000_000 + 122_000, testid: 'c' })
    const clock = screen.getByTestId('c')
    const seen = (): (string | null | undefined)[] => [clock.dataset.state, clock.getAttribute('aria-label')]
    expect(seen()).toEqual(['ok', '剩余 02:02'])
    vi.advanceTimersByTime(2_000)
    await tick()
    expect(seen()).toEqual(['soon', '快到 02:00'])
    vi.advanceTimersByTime(123_000)
    await tick()
    expect(seen()).toEqual(['over', '超时 00:03'])
  })

  it('stops ticking when nothing on screen reads it', () => {
    const { unmount } = render(Clock, { deadline: 2_000_000 })
    expect(vi.getTimerCount()).toBe(1)
    unmount()
    vi.advanceTimersByTime(0)
    return Promise.resolve().then(() => expect(vi.getTimerCount()).toBe(0))
  })
})
