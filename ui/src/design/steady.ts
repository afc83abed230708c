import type { Attachment } from 'svelte/attachments'

/** Nobody sees something move and changes where the finger lands sooner than this. */
export const REACTION_MS = 350

const PRESSED = 'button, a[href], label, input, select, textarea, summary, [role="button"], [role="tab"], [tabindex]'

/**
 * For a band that appears above the page and pushes it down: a tap that was on its way when that happened goes to what
 * stood under the finger before, and never to what has slid there since. Give it to an element that holds the band and
 * nothing else, right above the page.
 */
export const steady: Attachment<HTMLElement> = (band) => {
  const edge = (): number => band.getBoundingClientRect().bottom
  let known = edge()
  let moved = { at: -Infinity, by: 0 }
  let pressed: { at: number; on: Element | null } | null = null

  const watch = new ResizeObserver(() => {
    const now = edge()
    if (now === known) return
    moved = { at: performance.now(), by: now - known }
    known = now
  })
  watch.observe(band)

  const listeners = {
    scroll: () => {
      known = edge()
    },
    pointerdown: (event: PointerEvent) => {
      const late = event.timeStamp - moved.at < REACTION_MS
      // Both what slid down and the band itself may lie under the finger now.
      const on = late && event.clientY >= known - moved.by ? document.elementFromPoint(event.clientX, event.clientY + moved.by) : event.target
      pressed = { at: event.timeStamp, on: on instanceof Element ? on : null }
    },
    click: (event: MouseEvent) => {
      const aimed = pressed
      pressed = null
      // A click without a finger (keyboard, program) has no aim.
      if (event.detail === 0 || !aimed || aimed.at - moved.at >= REACTION_MS) return
      const meant = aimed.on?.closest<HTMLElement>(PRESSED) ?? null
      const got = event.target instanceof Element ? event.target.closest(PRESSED) : null
      if (meant === got) return
      event.preventDefault()
      event.stopImmediatePropagation()
      meant?.click()
    },
  }
  window.addEventListener('scroll', listeners.scroll, { capture: true, passive: true })
  window.addEventListener('pointerdown', listeners.pointerdown, true)
  window.addEventListener('click', listeners.click, true)
  return () => {
    watch.disconnect()
    window.removeEventListener('scroll', listeners.scroll, true)
    window.removeEventListener('pointerdown', listeners.pointerdown, true)
    window.removeEventListener('click', listeners.click, true)
  }
}
