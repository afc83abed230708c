import { ownedByInputMethod } from '@/design/ime'
import { Wedge } from './wedge'

/** Hears scanned codes on the whole screen, also while a field has the focus; the result stops it. */
export function listenWedge(heard: (code: string) => void): () => void {
  const wedge = new Wedge()
  const keydown = (event: KeyboardEvent): void => {
    if (ownedByInputMethod(event)) {
      wedge.reset()
      return
    }
    if (event.ctrlKey || event.altKey || event.metaKey) return
    const code = wedge.key(event.key, event.timeStamp)
    if (code === null) return
    event.preventDefault()
    event.stopPropagation()
    takeBack(event.target, code)
    heard(code)
  }
  // Before any field or button gets the Enter.
  window.addEventListener('keydown', keydown, { capture: true })
  return () => window.removeEventListener('keydown', keydown, { capture: true })
}

/** What the scanner typed into a field by accident is not what a person wrote there. */
function takeBack(target: EventTarget | null, code: string): void {
  if (!(target instanceof HTMLInputElement || target instanceof HTMLTextAreaElement)) return
  if (!target.value.endsWith(code)) return
  target.value = target.value.slice(0, -code.length)
  target.dispatchEvent(new InputEvent('input', { bubbles: true }))
}
