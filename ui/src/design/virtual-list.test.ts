import { fireEvent, render, screen } from '@testing-library/svelte'
import { createRawSnippet, tick } from 'svelte'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import VirtualList from './primitives/VirtualList.svelte'
import { scrollToShow, sliceOf } from './virtual'

describe('sliceOf', () => {
  it('covers the viewport at every scroll position, and never the whole list', () => {
    for (let scroll = 0; scroll <= 5_000 * 40; scroll += 777) {
      const { first, end, offset_px } = sliceOf(5_000, 40, scroll, 600)
      const top = Math.min(scroll, 5_000 * 40 - 600)
      expect(first * 40).toBeLessThanOrEqual(top)
      expect(end * 40).toBeGreaterThanOrEqual(top + 600)
      expect(offset_px).toBe(first * 40)
      expect(end - first).toBeLessThanOrEqual(15 + 1 + 2 * 6)
    }
  })

  it('stands at the end when the list has become shorter than the scroll position', () => {
    expect(sliceOf(10, 40, 9_999, 200)).toMatchObject({ end: 10 })
    expect(sliceOf(0, 40, 9_999, 200)).toEqual({ first: 0, end: 0, offset_px: 0, total_px: 0 })
  })
})

it('scrollToShow moves no more than it must', () => {
  expect(scrollToShow(2, 40, 0, 200)).toBe(0)
  expect(scrollToShow(5, 40, 0, 200)).toBe(40)
  expect(scrollToShow(0, 40, 120, 200)).toBe(0)
})

describe('VirtualList', () => {
  const items = Array.from({ length: 5_000 }, (_, i) => `第${i + 1}条`)
  const row = createRawSnippet<[string, number, boolean]>((item) => ({ render: () => `<span>${item()}</span>` }))

  beforeEach(() => {
    vi.spyOn(HTMLElement.prototype, 'clientHeight', 'get').mockReturnValue(400)
  })

  it('draws a screenful of 5,000 and follows scrolling and keys', async () => {
    const onopen = vi.fn()
    render(VirtualList<string>, { testid: 'l', label: '台账', items, key: (item) => item, row_px: 40, row, onopen })
    const box = screen.getByTestId('l')
    expect(screen.getAllByTestId('l-row').length).toBeLessThan(30)
    expect(screen.getByText('第1条')).toBeTruthy()

    box.scrollTop = 100_000
    await fireEvent.scroll(box)
    expect(screen.getByText('第2501条')).toBeTruthy()
    expect(screen.queryByText('第1条')).toBeNull()

    await fireEvent.keyDown(box, { key: 'End' })
    await tick()
    const last = screen.getByText('第5000条').parentElement
    expect(last?.getAttribute('aria-selected')).toBe('true')
    expect(last?.getAttribute('aria-posinset')).toBe('5000')
    expect(box.getAttribute('aria-activedescendant')).toBe(last?.id)

    await fireEvent.keyDown(box, { key: 'ArrowUp' })
    await fireEvent.keyDown(box, { key: 'Enter' })
    expect(onopen.mock.calls).toEqual([['第4999条', 4998]])
  })
})
