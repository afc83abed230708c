import type { EntryShown, SheetShown, Tone, Words } from '@/ipc'

/** A column of a register's board. */
export interface BoardColumn {
  name: string
  words: Words | null
  tone: Tone
  entries: EntryShown[]
}

/**
 * Entries by where they stand: what ran out of time first, then the states in which somebody has to act, then the last
 * one in which nobody has. An entry stands in one column only.
 */
export function columnsOf(sheet: SheetShown, entries: readonly EntryShown[]): BoardColumn[] {
  const back = entries.filter((entry) => entry.back_with_giver)
  const rest = entries.filter((entry) => !entry.back_with_giver)
  const open = sheet.states.filter((state) => state.open)
  const closed = sheet.states.filter((state) => !state.open)
  const overdue: BoardColumn[] = back.length > 0 ? [{ name: 'overdue', words: null, tone: 'alert', entries: back }] : []
  const shut = rest.filter((entry) => closed.some((state) => state.name === entry.shown.card.state))
  return [
    ...overdue,
    ...open.map((state) => ({
      name: state.name,
      words: state.words,
      tone: state.tone,
      entries: rest.filter((entry) => entry.shown.card.state === state.name),
    })),
    ...(closed[0] ? [{ name: 'closed', words: closed[0].words, tone: closed[0].tone, entries: shut }] : []),
  ]
}
