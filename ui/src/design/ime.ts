/**
 * The guard between an input method and a text field.
 *
 * Three signs, because no single one holds everywhere: our own composition flag, the event's
 * `isComposing`, and key code 229. WebKit ends the composition *before* it delivers the Enter that
 * confirmed it, with `isComposing === false`; only the key code tells then.
 *
 * Invariants: text leaves the field when a composition has ended, never in the middle of one;
 * a key that belongs to the input method never does anything else.
 */
export class ImeGuard {
  #composing = false

  get composing(): boolean {
    return this.#composing
  }

  start(): void {
    this.#composing = true
  }

  end(): void {
    this.#composing = false
  }

  /** Whether this key press belongs to the input method. */
  owns(event: KeyboardEvent): boolean {
    return this.#composing || ownedByInputMethod(event)
  }
}

/** The part of the guard that needs no memory; for listeners that are not bound to one field. */
export function ownedByInputMethod(event: KeyboardEvent): boolean {
  // `keyCode` is deprecated and still the only sign WebKit gives.
  return event.isComposing || event.keyCode === 229
}
