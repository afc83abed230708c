import type { Attachment } from 'svelte/attachments'
import { ImeGuard } from './ime'

/**
 * Binds a value to a text element through the guard.
 *
 * - Typing commits on `input`, unless a composition runs; then on `compositionend` (or on blur).
 * - A value that arrives from elsewhere (a merge, a reset) is written into the element, but never
 *   into the middle of a composition; there, what the person is writing wins.
 */
export function boundText(
  read: () => string,
  commit: (text: string) => void,
  keys: (event: KeyboardEvent) => void = () => {},
): Attachment<HTMLInputElement | HTMLTextAreaElement> {
  return (element) => {
    const guard = new ImeGuard()
    const take = (): void => {
      if (element.value !== read()) commit(element.value)
    }
    const listeners = {
      compositionstart: () => guard.start(),
      compositionend: () => {
        guard.end()
        take()
      },
      input: (event: Event) => {
        if (!guard.composing && !(event as InputEvent).isComposing) take()
      },
      blur: () => {
        // What was typed has been taken already. Taking it again here would write the old text into whatever the field
        // is bound to by now: a save or a choice may have changed that just before it moved the focus.
        if (!guard.composing) return
        guard.end()
        take()
      },
      keydown: (event: Event) => {
        if (!guard.owns(event as KeyboardEvent)) keys(event as KeyboardEvent)
      },
    }
    for (const [type, listener] of Object.entries(listeners)) element.addEventListener(type, listener)
    $effect(() => {
      const value = read()
      if (!guard.composing && element.value !== value) element.value = value
    })
    return () => {
      for (const [type, listener] of Object.entries(listeners)) element.removeEventListener(type, listener)
    }
  }
}
