/** The month grid as it is moved about in and typed into, without a screen. */
import type { RosterCause, RosterCell, RosterChoice, RosterPerson, RosterRow, ShiftMark, Words } from '@/ipc'

export const UNSET = '·'
// eslint-disable-next-line no-restricted-syntax -- a mark in the book, not a word on the screen
export const OFF = '休'
// eslint-disable-next-line no-restricted-syntax -- likewise
export const LEAVE = '假'

export interface Place {
  row: number
  day: number
}

/** `2026-12` and so many months later. */
export function monthAfter(month: string, by: number): string {
  const [year, number] = month.split('-').map(Number) as [number, number]
  const months = year * 12 + number - 1 + by
  return `${Math.floor(months / 12)}-${String((months % 12) + 1).padStart(2, '0')}`
}

/** Everybody's marks by person, one character a day, for people on the grid and those who are not yet. */
export function marksOf(rows: readonly RosterRow[], people: readonly RosterPerson[], days: number): Map<string, string[]> {
  const said = new Map(rows.map((row) => [row.person.person, [...row.marks]]))
  return new Map(people.map(({ person }) => [person, Array.from({ length: days }, (_, at) => said.get(person)?.[at] ?? UNSET)]))
}

/** The mark that a key stands for: a shift's own character, its digit, or 0 for a day off. */
export function markFor(typed: string, shifts: readonly ShiftMark[]): string | undefined {
  const last = [...typed.normalize('NFKC').trim()].at(-1)
  if (last === undefined) return undefined
  if (last === OFF || last === LEAVE || shifts.some((shift) => shift.mark === last)) return last
  if (last === '0') return OFF
  return /^[1-9]$/.test(last) ? shifts[Number(last) - 1]?.mark : undefined
}

/** The neighbour in a direction, within the grid. */
export function moved({ row, day }: Place, key: string, rows: number, days: number): Place | undefined {
  switch (key) {
    case 'ArrowLeft':
      return { row, day: Math.max(0, day - 1) }
    case 'ArrowRight':
      return { row, day: Math.min(days - 1, day + 1) }
    case 'ArrowUp':
      return { row: Math.max(0, row - 1), day }
    case 'ArrowDown':
    case 'Enter':
      return { row: Math.min(rows - 1, row + 1), day }
    case 'Home':
      return { row, day: 0 }
    case 'End':
      return { row, day: days - 1 }
    default:
      return undefined
  }
}

export const keyOf = (person: string, day: number): string => `${person}/${day}`

/** Why a cell changed: the reason somebody gave, or the number of the application that was approved or ended. */
export function causeWords(cause: RosterCause): Words {
  if (cause.by === 'decided') return { zh: cause.reason, en: cause.reason }
  const text = `${cause.number} ${cause.by === 'absence' ? '✓' : '↩'}`
  return { zh: text, en: text }
}

/** Cells with two values, by person and day. */
export const choicesByCell = (choices: readonly RosterChoice[]): Map<string, RosterChoice> =>
  new Map(choices.map((choice) => [keyOf(choice.person.person, choice.day), choice]))

/**
 * What was typed while the book was still writing goes in one piece next: one fact instead of many, and never in
 * another order than it was typed.
 */
export class Pending {
  #waiting = new Map<string, RosterCell>()
  #writing = false

  constructor(
    private readonly write: (cells: RosterCell[]) => Promise<void>,
    private readonly settled: () => void,
  ) {}

  get busy(): boolean {
    return this.#writing || this.#waiting.size > 0
  }

  async set(cell: RosterCell): Promise<void> {
    this.#waiting.set(keyOf(cell.person.person, cell.day), cell)
    if (this.#writing) return
    this.#writing = true
    try {
      while (this.#waiting.size > 0) {
        const cells = [...this.#waiting.values()]
        this.#waiting.clear()
        await this.write(cells)
      }
    } finally {
      this.#writing = false
      this.settled()
    }
  }
}
