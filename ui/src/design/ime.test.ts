import { fireEvent, render, screen } from '@testing-library/svelte'
import { tick } from 'svelte'
import { describe, expect, it, vi } from 'vitest'
import Combobox from './primitives/Combobox.svelte'
import TextArea from './primitives/TextArea.svelte'
import TextField from './primitives/TextField.svelte'

/** Types as an input method does: composition, input events inside it, then the end. */
async function compose(field: HTMLInputElement | HTMLTextAreaElement, steps: string[]): Promise<void> {
  await fireEvent.compositionStart(field)
  for (const step of steps) {
    field.value = step
    await fireEvent.input(field, { isComposing: true })
  }
}

describe('a text field under an input method', () => {
  it('commits nothing while composing and everything at the end', async () => {
    const onchange = vi.fn()
    render(TextField, { testid: 'f', label: 'x', onchange })
    const field = screen.getByTestId<HTMLInputElement>('f')

    await compose(field, ['l', 'lou', '漏'])
    expect(onchange).not.toHaveBeenCalled()

    field.value = '漏水'
    await fireEvent.compositionEnd(field)
    expect(onchange.mock.calls).toEqual([['漏水']])

    // Chrome follows with an input event that says nothing new.
    await fireEvent.input(field)
    expect(onchange).toHaveBeenCalledTimes(1)
  })

  it.each([
    ['our own composition flag', true, {}],
    ['isComposing', false, { isComposing: true }],
    ['key code 229, which is all WebKit gives', false, { isComposing: false, keyCode: 229 }],
  ])('does not submit on the Enter that confirms the word: %s', async (_, composing, init) => {
    const onenter = vi.fn()
    render(TextField, { testid: 'f', label: 'x', onenter })
    const field = screen.getByTestId<HTMLInputElement>('f')
    if (composing) await fireEvent.compositionStart(field)

    await fireEvent.keyDown(field, { key: 'Enter', ...init })
    expect(onenter).not.toHaveBeenCalled()

    if (composing) await fireEvent.compositionEnd(field)
    await fireEvent.keyDown(field, { key: 'Enter', keyCode: 13 })
    expect(onenter).toHaveBeenCalledTimes(1)
  })

  it('commits when the focus leaves in the middle of a composition', async () => {
    const onchange = vi.fn()
    render(TextField, { testid: 'f', label: 'x', onchange })
    const field = screen.getByTestId<HTMLInputElement>('f')
    await compose(field, ['梁'])
    await fireEvent.blur(field)
    expect(onchange.mock.calls).toEqual([['梁']])
  })

  it('takes a value from elsewhere, but not into the middle of a composition', async () => {
    const { rerender } = render(TextField, { testid: 'f', label: 'x', value: '一' })
    const field = screen.getByTestId<HTMLInputElement>('f')
    await rerender({ value: '二' })
    expect(field.value).toBe('二')

    await compose(field, ['二s', '二shui'])
    await rerender({ value: '三' })
    expect(field.value).toBe('二shui')

    field.value = '二水'
    await fireEvent.compositionEnd(field)
    await tick()
    expect(field.value).toBe('二水')
  })

  it('submits a text area with Ctrl+Enter only, and not while composing', async () => {
    const onsubmit = vi.fn()
    render(TextArea, { testid: 'a', label: 'x', onsubmit })
    const area = screen.getByTestId<HTMLTextAreaElement>('a')
    await fireEvent.keyDown(area, { key: 'Enter' })
    await fireEvent.compositionStart(area)
    await fireEvent.keyDown(area, { key: 'Enter', ctrlKey: true })
    expect(onsubmit).not.toHaveBeenCalled()
    await fireEvent.compositionEnd(area)
    await fireEvent.keyDown(area, { key: 'Enter', ctrlKey: true })
    expect(onsubmit).toHaveBeenCalledTimes(1)
  })
})

describe('a combobox', () => {
  const options = [
    { id: 'a', label: '3-2-1501' },
    { id: 'b', label: '3-2-1502' },
  ]

  it('searches after the composition and lets Enter pick only then', async () => {
    const onsearch = vi.fn()
    const onpick = vi.fn()
    render(Combobox, { testid: 'c', label: 'x', options, onsearch, onpick })
    const field = screen.getByTestId<HTMLInputElement>('c')

    await compose(field, ['chen'])
    await fireEvent.keyDown(field, { key: 'Enter', keyCode: 229 })
    expect(onsearch).not.toHaveBeenCalled()
    expect(onpick).not.toHaveBeenCalled()

    field.value = '陈'
    await fireEvent.compositionEnd(field)
    expect(onsearch.mock.calls).toEqual([['陈']])
    await fireEvent.keyDown(field, { key: 'ArrowDown' })
    await fireEvent.keyDown(field, { key: 'Enter' })
    expect(onpick.mock.calls).toEqual([[options[1]]])
    expect(field.value).toBe('3-2-1502')
    expect(field.getAttribute('aria-expanded')).toBe('false')
  })
})
