/** What an action asks for, as a list of fields. What is required and allowed is decided by the book, not here. */
import type { AnyView, FollowUpMethod, Opinion } from '@/ipc'
import type { Tone } from '@/design/states'
import { m } from '@/paraglide/messages.js'
import type { Intent } from './asks.svelte'
import { methodWord, opinionWord } from './words'

export interface Choice {
  value: string
  label: string
  note?: string
  tone?: Tone
}

export type Ask = {
  /** The action's field; `outgoing.line` is the field `line` inside `outgoing`. */
  name: string
  label: string
  /** Whether it is asked at all, by what was answered so far; always when left out. */
  when?: (form: Filled) => boolean
} & (
  | { type: 'text'; initial?: string; phrases?: string[] }
  | { type: 'area'; initial?: string; phrases?: string[] }
  /** One of several; `numeric` ones are numbers to the book. */
  | { type: 'choice'; options: Choice[]; initial?: string; list?: boolean; empty_is_null?: boolean; numeric?: boolean }
  | { type: 'many'; options: Choice[] }
  | { type: 'people'; single?: boolean; optional?: boolean }
  | { type: 'number'; unit?: string; max?: number }
  /** An amount in yuan, kept in fen. */
  | { type: 'money' }
  /** A quantity with up to three decimals, kept in thousandths. */
  | { type: 'quantity' }
  | { type: 'yes'; initial: boolean }
  | { type: 'signature' }
  /** A moment. */
  | { type: 'when'; initial?: number; optional?: boolean }
  | { type: 'earlier'; optional?: boolean }
  /** A file as evidence: its name and SHA-256. */
  | { type: 'file' }
)

/** The view of a kind of record. */
export type ViewOf<K extends AnyView['kind']> = Extract<AnyView, { kind: K }>['view']

/** What the actions of one kind of record ask for. */
export interface Asking<K extends AnyView['kind']> {
  asks: (intent: Intent, view: ViewOf<K> | null) => Ask[]
  /** Actions that say everything by themselves: pressing the key does them. */
  plain?: readonly string[]
  /** Actions that a record's page does not carry out, because they have a screen of their own. */
  elsewhere?: readonly string[]
}

export function choices<V extends string>(values: readonly V[], word: (value: V) => string): Choice[] {
  return values.map((value) => ({ value, label: word(value) }))
}

const OPINIONS: readonly Opinion[] = ['satisfied', 'basically', 'unsatisfied']
const METHODS: readonly FollowUpMethod[] = ['phone', 'visit', 'message']

export const reason = (phrases?: string[]): Ask => ({ name: 'reason', label: m.ask_reason(), type: 'text', ...(phrases && { phrases }) })
export const grade = (name: string, label: string): Ask => ({ name, label, type: 'choice', options: choices(OPINIONS, opinionWord), initial: 'satisfied' })
export const method = (): Ask => ({ name: 'method', label: m.ask_method(), type: 'choice', options: choices(METHODS, methodWord), initial: 'phone' })

/** What a form holds while it is open, by the names of its fields. */
export type Filled = Record<string, unknown>

export function emptyForm(asks: readonly Ask[]): Filled {
  return Object.fromEntries(
    asks.map((one) => {
      switch (one.type) {
        case 'text':
        case 'area':
          return [one.name, one.initial ?? '']
        case 'choice':
          return [one.name, one.initial ?? null]
        case 'many':
        case 'people':
          return [one.name, []]
        case 'yes':
          return [one.name, one.initial]
        case 'when':
          return [one.name, one.initial ?? null]
        case 'number':
          return [one.name, 0]
        case 'money':
        case 'quantity':
          return [one.name, '']
        default:
          return [one.name, null]
      }
    }),
  )
}

/** The questions that are asked, as answered so far. */
export const asked = (asks: readonly Ask[], form: Filled): Ask[] => asks.filter((one) => one.when?.(form) ?? true)

/** Whether every question that has no empty answer was answered. */
export function answered(asks: readonly Ask[], form: Filled): boolean {
  return asked(asks, form).every((one) => {
    if (one.type === 'choice') return one.empty_is_null || form[one.name] !== null
    if (one.type === 'people' && one.single && !one.optional) return (form[one.name] as unknown[]).length > 0
    if (one.type === 'when' || one.type === 'earlier') return one.optional || form[one.name] !== null
    return true
  })
}

/** An amount as typed (full-width digits and commas too) in units of `scale`; nothing readable counts as none. */
export function amountOf(text: string, scale: number): number {
  const amount = Number(text.normalize('NFKC').replaceAll(/[\s,]/g, ''))
  return Number.isFinite(amount) && amount > 0 ? Math.round(amount * scale) : 0
}

/** The form as the action's own fields. */
export function valuesOf(asks: readonly Ask[], form: Filled): Record<string, unknown> {
  const values: Record<string, unknown> = {}
  for (const one of asked(asks, form)) {
    const value = form[one.name]
    switch (one.type) {
      case 'money':
        values[one.name] = amountOf(String(value), 100)
        break
      case 'quantity':
        values[one.name] = amountOf(String(value), 1000)
        break
      case 'people':
        values[one.name] = one.single ? (value as unknown[])[0] : value
        break
      case 'choice':
        if (value !== null) values[one.name] = one.numeric ? Number(value) : value
        break
      case 'earlier':
      case 'file':
        if (value !== null) Object.assign(values, value)
        break
      default:
        values[one.name] = value
    }
  }
  for (const [name, value] of Object.entries(values)) {
    const [outer, inner] = name.split('.')
    if (!outer || !inner) continue
    values[outer] = { ...(values[outer] as Filled | undefined), [inner]: value }
    delete values[name]
  }
  // One more precaution in somebody's own words joins the chosen ones.
  if (typeof values.precaution === 'string') {
    const own = values.precaution.trim()
    values.precautions = [...((values.precautions as string[] | undefined) ?? []), ...(own ? [own] : [])]
    delete values.precaution
  }
  return values
}
