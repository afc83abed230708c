/** The questions of a register's actions, read off its sheet: a new register needs nothing here. */
import type { Ask, Asking } from '@/features/record/ask'
import { say } from '@/i18n/say'
import { siteDate } from '@/i18n/zone.svelte'
import type { AnyView, ColumnShown } from '@/ipc'
import { m } from '@/paraglide/messages.js'
import { sheets } from './sheets.svelte'

/** Today by the site's clock, as days are written. */
export const today = (now = Date.now()): string => siteDate(now).toISOString().slice(0, 10)

export function askOf(column: ColumnShown): Ask {
  const label = say(column.words)
  const name = column.key
  switch (column.holds) {
    case 'long':
      return { name, label, type: 'area' }
    case 'moment':
      return { name, label, type: 'when', optional: !column.required }
    case 'day':
      return { name, label, type: 'text', initial: today() }
    case 'person':
      return { name, label, type: 'people' }
    case 'people':
      return { name, label, type: 'people' }
    case 'count':
      return { name, label, type: 'number', unit: say(column.unit) }
    case 'choice':
      return {
        name,
        label,
        type: 'choice',
        options: column.choices.map((one) => ({ value: one.value, label: say(one.words) })),
        empty_is_null: !column.required,
      }
    default:
      return { name, label, type: 'text' }
  }
}

/** How the actions on an entry of this kind ask; nothing where the kind is no register. */
export function askingOf(kind: string): Asking<AnyView['kind']> | undefined {
  const sheet = sheets.of(kind)
  if (!sheet) return undefined
  const columns = (action: string): readonly ColumnShown[] =>
    action === 'write' ? sheet.columns.filter((column) => column.asked) : (sheet.steps.find((step) => step.name === action)?.asks ?? [])
  return {
    asks: ({ action }) => (action === 'decide' ? [{ name: 'reason', label: m.ask_reason(), type: 'text' }] : columns(action).map(askOf)),
    plain: sheet.steps.filter((step) => step.asks.length === 0).map((step) => step.name),
    // Which of two values counts is said where they stand side by side.
    elsewhere: ['decide'],
  }
}
