import { configure } from '@testing-library/svelte'
import { afterEach } from 'vitest'
import { language } from '@/i18n/locale.svelte'

// A condition is waited for, not a time: on a busy machine a second is nothing.
configure({ asyncUtilTimeout: 10_000 })

// jsdom lays nothing out. Elements get the size a test says (see VirtualList.test.ts), nothing else.
class StillObserver implements ResizeObserver {
  observe(): void {}
  unobserve(): void {}
  disconnect(): void {}
}
globalThis.ResizeObserver ??= StillObserver

// jsdom 26 has no pointer events.
class PlainPointerEvent extends MouseEvent {
  readonly isPrimary: boolean
  readonly pointerType: string
  constructor(type: string, init: PointerEventInit = {}) {
    super(type, init)
    this.isPrimary = init.isPrimary ?? false
    this.pointerType = init.pointerType ?? 'touch'
  }
}
globalThis.PointerEvent ??= PlainPointerEvent as unknown as typeof PointerEvent

afterEach(() => {
  language.current = 'zh'
})
