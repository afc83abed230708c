import { ownedByInputMethod } from '@/design/ime'
import { SCHEME } from '@/features/carry/scheme'
import { Wedge } from './wedge'

/**
 * Hears scanned codes on the whole screen, also while a field has the focus; the result stops it. The code of another
 * device is heard by whoever asks for its `scheme` only, and everything else by those who ask for none.
 */
export function listenWedge(heard: (code: string) => void, scheme?: typeof SCHEME): () => void {
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
    if (code.startsWith(SCHEME) === (scheme !== undefined)) heard(code)
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
