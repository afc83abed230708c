import { byUrgency } from '@/features/dispatch/columns'
import type { RecordShown } from '@/ipc'
import { m } from '@/paraglide/messages.js'

/** The columns of the complaints board, in the order of D3.4. */
export const COLUMNS = ['tell', 'plan', 'handle', 'ask', 'visit'] as const
export type Column = (typeof COLUMNS)[number]

const COLUMN_OF: Record<string, Column> = {
  lodged: 'tell',
  notified: 'plan',
  planned: 'handle',
  told_back: 'handle',
  handling: 'handle',
  settled: 'ask',
  answered: 'visit',
  followed_up: 'visit',
}

export const columnWord = (column: Column): string =>
  ({
    tell: m.complaints_col_tell,
    plan: m.complaints_col_plan,
    handle: m.complaints_col_handle,
    ask: m.complaints_col_ask,
    visit: m.complaints_col_visit,
  })[column]()

/** Every open complaint in its column, the gravest first. */
export function arranged(records: readonly RecordShown[]): Record<Column, RecordShown[]> {
  const columns = Object.fromEntries(COLUMNS.map((column) => [column, [] as RecordShown[]])) as Record<Column, RecordShown[]>
  for (const record of records) {
    const column = COLUMN_OF[record.card.state]
    if (column) columns[column].push(record)
  }
  for (const column of COLUMNS) columns[column].sort(byUrgency)
  return columns
}

export type Way = 'up' | 'down' | 'left' | 'right'

/** Where an arrow key leads; empty columns are passed over. */
export function moved(board: Record<Column, RecordShown[]>, from: string | null, way: Way): string | null {
  const here = COLUMNS.findIndex((column) => board[column].some((one) => one.id === from))
  if (here < 0) return COLUMNS.flatMap((column) => board[column])[0]?.id ?? null
  const column = board[COLUMNS[here]!]
  const row = column.findIndex((one) => one.id === from)
  if (way === 'up' || way === 'down') return column[row + (way === 'up' ? -1 : 1)]?.id ?? from
  const side = way === 'left' ? COLUMNS.slice(0, here).reverse() : COLUMNS.slice(here + 1)
  const next = side.map((name) => board[name]).find((list) => list.length > 0)
  return next ? (next[Math.min(row, next.length - 1)]?.id ?? null) : from
}
