/**
 * A scanner that pretends to be a keyboard: it types a whole code in one burst and ends with Enter. Nobody types that
 * fast, so a burst is a scan wherever the focus stands.
 */
const LONGEST_GAP_MS = 50
const SHORTEST_CODE = 4

export class Wedge {
  #typed = ''
  #last_ms = -Infinity

  /** Takes one key press; answers a code when this was the Enter after a burst. */
  key(key: string, at_ms: number): string | null {
    const burst = at_ms - this.#last_ms <= LONGEST_GAP_MS
    this.#last_ms = at_ms
    if (key === 'Enter') {
      const code = burst && this.#typed.length >= SHORTEST_CODE ? this.#typed : null
      this.#typed = ''
      return code
    }
    // Shift and its like come along with capital letters.
    if (key.length === 1) this.#typed = burst ? this.#typed + key : key
    return null
  }

  /** Forgets what was begun: the keys belong to an input method. */
  reset(): void {
    this.#typed = ''
    this.#last_ms = -Infinity
  }
}
