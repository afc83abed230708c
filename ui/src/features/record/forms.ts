/** What every action asks for, as a list of fields. What is required and allowed is decided by the book, not here. */
import type {
  CannotScanReason,
  Charge,
  ContactView,
  FollowUpMethod,
  MissedReason,
  Opinion,
  PatrolRunView,
  PauseWhy,
  PhotoPhase,
  RecordOpened,
  WorkOrderView,
} from '@/ipc'
import type { Tone } from '@/design/states'
import { say } from '@/i18n/say'
import { timeOf } from '@/i18n/format'
import { m } from '@/paraglide/messages.js'
import type { Intent } from './asks.svelte'
import { ms, urgencyOptions } from './look'

export interface Choice {
  value: string
  label: string
  note?: string
  tone?: Tone
}

export type Ask = { name: string; label: string } & (
  | { type: 'text'; initial?: string; phrases?: string[] }
  | { type: 'area'; initial?: string; phrases?: string[] }
  | { type: 'choice'; options: Choice[]; initial?: string; list?: boolean; empty_is_null?: boolean }
  | { type: 'many'; options: Choice[] }
  | { type: 'people'; single?: boolean }
  | { type: 'number'; unit?: string; max?: number }
  /** An amount in yuan, kept in fen. */
  | { type: 'money' }
  /** A quantity with up to three decimals, kept in thousandths. */
  | { type: 'quantity' }
  | { type: 'yes'; initial: boolean }
  | { type: 'signature' }
  | { type: 'earlier' }
)

export const methodWord = (method: FollowUpMethod): string =>
  ({ phone: m.method_phone, visit: m.method_visit, message: m.method_message })[method]()
export const opinionWord = (opinion: Opinion): string =>
  ({ satisfied: m.opinion_satisfied, basically: m.opinion_basically, unsatisfied: m.opinion_unsatisfied })[opinion]()
export const chargeWord = (charge: Charge): string =>
  ({ free: m.charge_free, cash: m.charge_cash, transfer: m.charge_transfer, account: m.charge_account })[charge]()
export const pauseWord = (why: PauseWhy): string =>
  ({ material: m.pause_material, occupant: m.pause_occupant, contractor: m.pause_contractor, approval: m.pause_approval })[why]()
export const missedWord = (reason: MissedReason): string =>
  ({
    incident: m.missed_incident,
    called_away: m.missed_called_away,
    no_access: m.missed_no_access,
    weather: m.missed_weather,
    short_staffed: m.missed_short_staffed,
    device_fault: m.missed_device_fault,
    other: m.missed_other,
  })[reason]()
export const cannotScanWord = (reason: CannotScanReason): string =>
  ({
    code_damaged: m.cannot_scan_code_damaged,
    cannot_reach: m.cannot_scan_cannot_reach,
    device_fault: m.missed_device_fault,
    other: m.missed_other,
  })[reason]()
export const phaseWord = (phase: PhotoPhase): string =>
  ({ before: m.photo_before, during: m.photo_during, after: m.photo_after })[phase]()

function choices<V extends string>(values: readonly V[], word: (value: V) => string): Choice[] {
  return values.map((value) => ({ value, label: word(value) }))
}

const OPINIONS: readonly Opinion[] = ['satisfied', 'basically', 'unsatisfied']
const METHODS: readonly FollowUpMethod[] = ['phone', 'visit', 'message']
const REASONS: readonly MissedReason[] = ['incident', 'called_away', 'no_access', 'weather', 'short_staffed', 'device_fault', 'other']

const reason = (phrases?: string[]): Ask => ({ name: 'reason', label: m.ask_reason(), type: 'text', ...(phrases && { phrases }) })
const grade = (name: string, label: string): Ask => ({ name, label, type: 'choice', options: choices(OPINIONS, opinionWord), initial: 'satisfied' })
const method = (): Ask => ({ name: 'method', label: m.ask_method(), type: 'choice', options: choices(METHODS, methodWord), initial: 'phone' })

/** The fields of an action's form. */
export function asksOf(intent: Intent, opened: RecordOpened | undefined): Ask[] {
  const view = opened?.view
  switch (intent.kind) {
    case 'work_order':
      return ofWorkOrder(intent, view?.kind === 'work_order' ? view.view : null)
    case 'contact_record':
      return ofContact(intent, view?.kind === 'contact_record' ? view.view : null)
    case 'patrol_run':
      return ofRun(intent, view?.kind === 'patrol_run' ? view.view : null)
    default:
      return []
  }
}

function ofWorkOrder({ action, given }: Intent, view: WorkOrderView | null): Ask[] {
  switch (action) {
    case 'dispatch': {
      const suggested = (view?.suggested_precautions ?? []).map((words) => ({ value: words.zh, label: say(words) }))
      return [
        { name: 'to', label: m.picker_title(), type: 'people' },
        ...(suggested.length > 0 ? [{ name: 'precautions', label: m.ask_precautions(), type: 'many', options: suggested } as const] : []),
        { name: 'precaution', label: m.ask_precaution_more(), type: 'text' },
      ]
    }
    case 'transfer':
      return [{ name: 'to', label: m.picker_title(), type: 'people' }, reason()]
    case 'set_responsible':
      return [{ name: 'person', label: m.ask_responsible(), type: 'people', single: true }, reason()]
    case 'decide_responsible':
      return [
        ...(given?.fact
          ? []
          : [
              {
                name: 'fact',
                label: m.ask_which_value(),
                type: 'choice',
                list: true,
                options: (view?.responsible ?? []).map((version) => ({
                  value: version.fact,
                  label: version.person.name,
                  note: m.side_said({ who: version.by.name, time: timeOf(ms(version.at)) }),
                })),
              } as const,
            ]),
        reason(),
      ]
    case 'set_urgency':
      return [{ name: 'urgency', label: m.ask_urgency(), type: 'choice', options: urgencyOptions(), ...(view && { initial: view.urgency }) }, reason()]
    case 'pause':
      return [
        { name: 'why', label: m.ask_waits_for(), type: 'choice', options: choices(['material', 'occupant', 'contractor', 'approval'], pauseWord), initial: 'material' },
        { name: 'note', label: m.ask_note(), type: 'text' },
      ]
    case 'finish':
      return [
        { name: 'process', label: m.ask_process(), type: 'area' },
        { name: 'minutes', label: m.ask_minutes(), type: 'number', unit: m.unit_minutes(), max: 1440 },
        { name: 'labour_fen', label: m.ask_labour(), type: 'money' },
        { name: 'charge', label: m.ask_charge(), type: 'choice', options: choices(['free', 'cash', 'transfer', 'account'], chargeWord), initial: 'free' },
      ]
    case 'use_material':
      return [
        { name: 'name', label: m.ask_material(), type: 'text' },
        { name: 'spec', label: m.ask_spec(), type: 'text' },
        { name: 'quantity_milli', label: m.ask_quantity(), type: 'quantity' },
        { name: 'unit', label: m.ask_unit(), type: 'text' },
        { name: 'price_fen', label: m.ask_price(), type: 'money' },
      ]
    case 'confirm':
      return [
        grade('opinion', m.ask_opinion()),
        { name: 'comment', label: m.ask_their_words(), type: 'text' },
        { name: 'signer_name', label: m.ask_signer(), type: 'text', ...(view && { initial: view.reporter_name }) },
        { name: 'signature', label: m.ask_signature(), type: 'signature' },
      ]
    case 'follow_up':
      return [
        method(),
        grade('attitude', m.ask_attitude()),
        grade('timeliness', m.ask_timeliness()),
        grade('quality', m.ask_quality()),
        { name: 'opinion', label: m.ask_suggestion(), type: 'area' },
        { name: 'satisfied', label: m.ask_settled(), type: 'yes', initial: true },
      ]
    case 'close':
      return [{ name: 'without_followup_reason', label: m.ask_without_followup(), type: 'text', phrases: [m.phrase_public_area(), m.phrase_unreachable(), m.phrase_asked_on_site()] }]
    case 'chase':
      return [{ name: 'text', label: m.ask_chase(), type: 'text', phrases: [m.phrase_chase_where(), m.phrase_chase_when(), m.phrase_chase_help()] }]
    case 'photo':
      return [
        { name: 'phase', label: m.ask_phase(), type: 'choice', options: choices(['before', 'during', 'after'], phaseWord), initial: 'before' },
        { name: 'caption', label: m.ask_caption(), type: 'text' },
      ]
    case 'void':
      return [reason([m.phrase_void_twice(), m.phrase_void_withdrawn()])]
    case 'refuse':
      return [reason()]
    default:
      return []
  }
}

function ofContact({ action }: Intent, view: ContactView | null): Ask[] {
  switch (action) {
    case 'complete': {
      const text = (name: string, label: string, now: string | undefined): Ask[] => (now ? [] : [{ name, label, type: 'text' }])
      return [
        ...text('unit_label', m.field_unit_label(), view?.unit_label),
        ...text('name', m.field_name(), view?.name),
        ...text('phone', m.field_phone(), view?.phone),
        ...(view?.rings === null && view.way === 'call'
          ? [{ name: 'rings', label: m.field_rings(), type: 'choice', options: ringChoices(), empty_is_null: true } as const]
          : []),
        ...(view?.summary ? [] : [{ name: 'summary', label: m.field_summary(), type: 'area' } as const]),
        ...text('handling', m.field_handling(), view?.handling),
      ]
    }
    case 'make_order':
      return [
        { name: 'title', label: m.ask_title(), type: 'text', ...(view && { initial: view.summary.split('\n')[0]?.slice(0, 40) ?? '' }) },
        { name: 'urgency', label: m.ask_urgency(), type: 'choice', options: urgencyOptions(), ...(view && { initial: view.urgency }) },
        { name: 'dispatch_to', label: m.ask_send_at_once(), type: 'people' },
      ]
    case 'answer':
      return [{ name: 'result', label: m.ask_result(), type: 'area', phrases: [m.phrase_explained(), m.phrase_passed_on()] }]
    case 'follow_up':
      return [method(), { name: 'opinion', label: m.ask_suggestion(), type: 'area' }]
    case 'reopen':
      return [reason()]
    case 'mark_repeat':
      return [{ name: 'record', label: m.ask_earlier(), type: 'earlier' }]
    default:
      return []
  }
}

function ofRun({ action, given }: Intent, view: PatrolRunView | null): Ask[] {
  const stops = (view?.stops ?? []).filter((stop) => stop.visited_at === null && stop.exempted === null)
  const stop: Ask[] =
    given?.stop !== undefined
      ? []
      : [{ name: 'stop', label: m.ask_stop(), type: 'choice', list: true, options: stops.map((one) => ({ value: String(one.index), label: one.name, note: one.place_name })) }]
  switch (action) {
    case 'explain_missed':
      return [...stop, { name: 'reason', label: m.ask_reason(), type: 'choice', options: choices(REASONS, missedWord) }, { name: 'note', label: m.ask_note(), type: 'text' }]
    case 'exempt':
      return [...stop, reason()]
    case 'countersign':
      return [
        { name: 'note', label: m.ask_note(), type: 'text' },
        { name: 'signature', label: m.ask_signature(), type: 'signature' },
      ]
    default:
      return []
  }
}

/** 1, 2, 3, and 4 for more than three. */
export const ringChoices = (): Choice[] => ['1', '2', '3', '4'].map((value) => ({ value, label: value === '4' ? '>3' : value }))

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

/** Whether every question that has no empty answer was answered. */
export function answered(asks: readonly Ask[], form: Filled): boolean {
  return asks.every((one) => {
    if (one.type === 'choice') return one.empty_is_null || form[one.name] !== null
    if (one.type === 'people' && one.single) return (form[one.name] as unknown[]).length > 0
    return one.type !== 'earlier' || form[one.name] !== null
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
  for (const one of asks) {
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
        if (value !== null) values[one.name] = one.name === 'stop' || one.name === 'rings' ? Number(value) : value
        break
      case 'earlier':
        if (value !== null) Object.assign(values, value)
        break
      default:
        values[one.name] = value
    }
  }
  // One more precaution in somebody's own words joins the chosen ones.
  if (typeof values.precaution === 'string') {
    const own = values.precaution.trim()
    values.precautions = [...((values.precautions as string[] | undefined) ?? []), ...(own ? [own] : [])]
    delete values.precaution
  }
  return values
}
