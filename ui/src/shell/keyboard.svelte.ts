import { untrack } from 'svelte'
import { ownedByInputMethod } from '@/design/ime'

/**
 * The keyboard map: one registry, so that the help overlay can never be out of date.
 *
 * Bindings come in layers (frame, screen, sheet); the last layer that knows a chord has it. A key
 * that belongs to the input method reaches nobody. While somebody types, only function keys and
 * chords with Ctrl or Alt act.
 */
export interface KeyBinding {
  /** `F2`, `Ctrl+Enter`, `Alt+1`, `R`, `?`, `ArrowDown` */
  chord: string
  /** Read when shown, so that it follows the language. */
  label: () => string
  run: () => void
  /** Has to be held this long. */
  hold_ms?: number
}

interface Layer {
  title: () => string
  bindings: readonly KeyBinding[]
  exclusive: boolean
  when: () => boolean
}

const MODIFIERS = ['Ctrl', 'Alt', 'Shift', 'Meta'] as const
type Modifier = (typeof MODIFIERS)[number]

/** The chord a key press stands for. Digits come from the key's place, so that Alt+1 works on any layout. */
export function chordOf(event: KeyboardEvent): string {
  const digit = /^(?:Digit|Numpad)(\d)$/.exec(event.code)?.[1]
  let key = event.key
  if (digit !== undefined && (event.altKey || event.ctrlKey)) key = digit
  else if (key === ' ') key = 'Space'
  else if (key.length === 1) key = key.toUpperCase()
  const named = key.length > 1 || /[A-Z0-9]/.test(key)
  const parts: string[] = []
  if (event.ctrlKey) parts.push('Ctrl')
  if (event.altKey) parts.push('Alt')
  // Shift is part of what makes `?`; it counts as a modifier with letters and named keys only.
  if (event.shiftKey && named) parts.push('Shift')
  if (event.metaKey) parts.push('Meta')
  return [...parts, key].join('+')
}

function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false
  if (target instanceof HTMLInputElement) return !['radio', 'checkbox', 'button', 'submit'].includes(target.type)
  return target instanceof HTMLTextAreaElement || target.isContentEditable
}

function actsWhileTyping(chord: string): boolean {
  return /^(?:Ctrl\+|Alt\+|Meta\+)/.test(chord) || /(?:^|\+)F\d{1,2}$/.test(chord)
}

export class Keyboard {
  #layers = $state.raw<readonly Layer[]>([])
  /** The chord that is being held, for the ring on its button. */
  holding = $state<string | null>(null)
  #timer: ReturnType<typeof setTimeout> | undefined
  #heldCode = ''

  /** Adds a layer, which acts while `when` says so (the help shows it all the same); the result takes it away again. The same chord twice in a layer is a mistake of the program. */
  layer(title: () => string, bindings: readonly KeyBinding[], options: { exclusive?: boolean; when?: () => boolean } = {}): () => void {
    for (const [at, { chord }] of bindings.entries()) {
      const modifiers = chord.split('+').slice(0, -1)
      if (modifiers.some((part) => !MODIFIERS.includes(part as Modifier))) throw new Error(`keyboard layer: unknown modifier: ${chord}`)
      if (bindings.findIndex((other) => other.chord === chord) !== at) throw new Error(`keyboard layer: chord given twice: ${chord}`)
    }
    const layer: Layer = { title, bindings, exclusive: options.exclusive ?? false, when: options.when ?? (() => true) }
    // Layers are added from effects, which must not depend on the layers already there.
    const change = (to: (layers: readonly Layer[]) => readonly Layer[]): void => untrack(() => {
      this.#layers = to(this.#layers)
    })
    change((layers) => [...layers, layer])
    return () => change((layers) => layers.filter((other) => other !== layer))
  }

  /** What is in force, top layer first, without what is covered. */
  get inForce(): { title: string; bindings: KeyBinding[] }[] {
    const result: { title: string; bindings: KeyBinding[] }[] = []
    for (const layer of [...this.#layers].reverse()) {
      const bindings = layer.bindings.filter(({ chord }) => !result.some((above) => above.bindings.some((b) => b.chord === chord)))
      if (bindings.length > 0) result.push({ title: layer.title(), bindings })
      if (layer.exclusive) break
    }
    return result
  }

  find(chord: string): KeyBinding | null {
    for (const layer of [...this.#layers].reverse()) {
      if (!layer.when()) continue
      const binding = layer.bindings.find((candidate) => candidate.chord === chord)
      if (binding) return binding
      if (layer.exclusive) return null
    }
    return null
  }

  keydown = (event: KeyboardEvent): void => {
    if (event.defaultPrevented || ownedByInputMethod(event)) return
    const chord = chordOf(event)
    if (isTyping(event.target) && !actsWhileTyping(chord)) return
    const binding = this.find(chord)
    if (!binding) return
    event.preventDefault()
    if (event.repeat) return
    if (binding.hold_ms === undefined) {
      binding.run()
      return
    }
    clearTimeout(this.#timer)
    this.holding = chord
    this.#heldCode = event.code
    this.#timer = setTimeout(() => {
      this.release()
      binding.run()
    }, binding.hold_ms)
  }

  keyup = (event: KeyboardEvent): void => {
    if (this.holding !== null && event.code === this.#heldCode) this.release()
  }

  release = (): void => {
    clearTimeout(this.#timer)
    this.holding = null
  }

  /** Listens on the window; the result stops it. */
  listen(): () => void {
    window.addEventListener('keydown', this.keydown)
    window.addEventListener('keyup', this.keyup)
    window.addEventListener('blur', this.release)
    return () => {
      this.release()
      window.removeEventListener('keydown', this.keydown)
      window.removeEventListener('keyup', this.keyup)
      window.removeEventListener('blur', this.release)
    }
  }
}

export const keyboard = new Keyboard()
