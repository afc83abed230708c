import type { RecordShown, Urgency } from '@/ipc'
import { URGENCIES } from '@/features/record/look'
import { m } from '@/paraglide/messages.js'

/** The columns of the board (A4): work orders by where they stand; calls that still want somebody sent are in the first. */
export const COLUMNS = ['pending', 'dispatched', 'working', 'finished', 'followup'] as const
export type Column = (typeof COLUMNS)[number]

const COLUMN_OF: Record<string, Column> = {
  pending: 'pending',
  dispatched: 'dispatched',
  accepted: 'working',
  en_route: 'working',
  arrived: 'working',
  working: 'working',
  paused: 'working',
  finished: 'finished',
  awaiting_followup: 'followup',
  followed_up: 'followup',
}

export const columnWord = (column: Column): string =>
  ({
    pending: m.board_pending,
    dispatched: m.board_dispatched,
    working: m.board_working,
    finished: m.board_finished,
    followup: m.board_followup,
  })[column]()

function columnOf({ kind, card }: RecordShown): Column | undefined {
  if (kind === 'work_order') return COLUMN_OF[card.state]
  // Calls with an order, and those that were answered, are followed up from the column at the side.
  return kind === 'contact_record' && card.state === 'open' ? 'pending' : undefined
}

const rank = (urgency: Urgency | null): number => (urgency === null ? URGENCIES.length : URGENCIES.indexOf(urgency))

/** D1.1.4: most urgent first, then by the clock that ends first, then the oldest. */
export function byUrgency(a: RecordShown, b: RecordShown): number {
  return (
    rank(a.card.urgency) - rank(b.card.urgency) ||
    (a.deadline?.due ?? Infinity) - (b.deadline?.due ?? Infinity) ||
    (a.card.born ?? 0) - (b.card.born ?? 0)
  )
}

/** Every open record in its column, in the order of the board. */
export function arranged(records: readonly RecordShown[]): Record<Column, RecordShown[]> {
  const columns = Object.fromEntries(COLUMNS.map((column) => [column, [] as RecordShown[]])) as Record<Column, RecordShown[]>
  for (const record of records) {
    const column = columnOf(record)
    if (column) columns[column].push(record)
  }
  for (const column of COLUMNS) columns[column].sort(byUrgency)
  return columns
}

export type Way = 'up' | 'down' | 'left' | 'right'

/** Where an arrow key leads from a record; columns without records are passed over. */
export function moved(board: Record<Column, RecordShown[]>, from: string | null, way: Way): string | null {
  const here = COLUMNS.findIndex((column) => board[column].some((one) => one.id === from))
  const first = COLUMNS.find((column) => board[column].length > 0)
  if (here < 0) return first ? (board[first][0]?.id ?? null) : null
  const column = board[COLUMNS[here]!]
  const row = column.findIndex((one) => one.id === from)
  if (way === 'up' || way === 'down') return column[row + (way === 'up' ? -1 : 1)]?.id ?? from
  const side = way === 'left' ? COLUMNS.slice(0, here).reverse() : COLUMNS.slice(here + 1)
  const next = side.map((name) => board[name]).find((list) => list.length > 0)
  return next ? (next[Math.min(row, next.length - 1)]?.id ?? null) : from
}
