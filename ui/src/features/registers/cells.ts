/** What stands in a cell, as read. */
import { dateOf, timeOf } from '@/i18n/format'
import { say } from '@/i18n/say'
import { siteDate } from '@/i18n/zone.svelte'
import type { EntryCell, CellValue, EntryView } from '@/ipc'
import { m } from '@/paraglide/messages.js'
import { sameDay } from '@/features/record/look'

/** `now` shortens moments of the same day to the time. */
export function textOf(value: CellValue, now?: number): string {
  switch (value.is) {
    case 'text':
    case 'day':
      return value.value
    case 'words':
      return say(value.value)
    case 'moment': {
      const at = value.value ?? 0
      if (now !== undefined && sameDay(at, now)) return timeOf(at)
      if (now === undefined || siteDate(at).getUTCFullYear() !== siteDate(now).getUTCFullYear()) return `${dateOf(at)} ${timeOf(at)}`
      const date = siteDate(at)
      return `${date.getUTCMonth() + 1}-${date.getUTCDate()} ${timeOf(at)}`
    }
    case 'people':
      return value.value.map((who) => who.name).join(m.names_joint())
    case 'count':
      return `${value.value.count} ${say(value.value.unit)}`
  }
}

/** A cell; two values that stand side by side are both read. */
export const cellText = (cell: EntryCell, now?: number): string => cell.values.map((value) => textOf(value, now)).join(m.side_or())

/** One column of a row. */
export const cellOf = (view: EntryView, key: string): EntryCell | undefined => view.cells.find((cell) => cell.key === key)
