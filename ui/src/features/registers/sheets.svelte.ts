/** The registers as the book describes them. They do not change while the program runs, so they are asked for once. */
import { book, type SheetShown } from '@/ipc'

class Sheets {
  #known = $state.raw<ReadonlyMap<string, SheetShown>>(new Map())

  /** The register of this kind, once the book has answered. */
  of(kind: string): SheetShown | undefined {
    return this.#known.get(kind)
  }

  take(sheets: readonly SheetShown[]): void {
    this.#known = new Map(sheets.map((sheet) => [sheet.kind, sheet]))
  }

  /** Asks where nobody has yet. */
  async load(): Promise<void> {
    if (this.#known.size === 0) this.take((await book.registers()).map((one) => one.sheet))
  }
}

export const sheets = new Sheets()
