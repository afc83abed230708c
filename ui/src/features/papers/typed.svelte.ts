/** How long after the last keystroke what was typed is kept in the book. */
const PAUSE_MS = 800

/**
 * Text that is kept in the book while it is typed, a group of keystrokes at a time, and that follows the book while
 * nobody types. What was typed belongs to the record that was shown when it was typed, also when another one is shown
 * before it is kept.
 */
export class Typed<T extends Record<string, string>> {
  /** What the fields show. */
  fields = $state<T>({} as T)
  /** Whether something typed is not in the book yet. */
  pending = $state(false)
  #record: string | undefined
  #dirty: Partial<T> = {}
  #timer: ReturnType<typeof setTimeout> | undefined
  #saving: Promise<void> = Promise.resolve()
  readonly #keep: (record: string, changed: Partial<T>) => Promise<void>

  constructor(empty: T, keep: (record: string, changed: Partial<T>) => Promise<void>) {
    this.fields = { ...empty }
    this.#keep = keep
  }

  /** What the book says in a record. Fields that are being typed in stay as they are. */
  follow(record: string, said: T): void {
    // Whoever left what is typed has already been told if it could not be kept.
    if (record !== this.#record) void this.now().catch(() => {})
    this.#record = record
    for (const name of Object.keys(said) as (keyof T)[]) {
      if (!(name in this.#dirty) && this.fields[name] !== said[name]) this.fields[name] = said[name]
    }
  }

  /** Somebody typed. */
  type<K extends keyof T>(name: K, text: T[K]): void {
    this.fields[name] = text
    this.#dirty[name] = text
    this.pending = true
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => void this.now().catch(() => {}), PAUSE_MS)
  }

  /** Keeps what is pending at once: before a signature, and when the page goes away. */
  now(): Promise<void> {
    clearTimeout(this.#timer)
    const [changed, record] = [this.#dirty, this.#record]
    if (Object.keys(changed).length === 0 || record === undefined) return this.#saving
    this.#dirty = {}
    const kept = this.#saving
      .then(() => this.#keep(record, changed))
      .then(
        () => {
          this.pending = Object.keys(this.#dirty).length > 0
        },
        (problem: unknown) => {
          // What was not kept stays on the screen and is tried again with the next keystroke.
          if (record === this.#record) this.#dirty = { ...changed, ...this.#dirty }
          throw problem
        },
      )
    this.#saving = kept.catch(() => {})
    return kept
  }
}
