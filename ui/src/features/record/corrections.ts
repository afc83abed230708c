import type { HistoryFact } from '@/ipc'
import { m } from '@/paraglide/messages.js'

/** A field of a fact that can be corrected in words, as people know it. */
export interface Correctable {
  field: string
  label: string
  now: string
}

const LABELS: Record<string, () => string> = {
  title: m.ask_title,
  summary: m.field_summary,
  description: m.field_description,
  place: m.field_place,
  unit_label: m.field_unit_label,
  name: m.field_name,
  phone: m.field_phone,
  reporter_name: m.field_reporter,
  reporter_phone: m.field_phone,
  category: m.field_category,
  handling: m.field_handling,
  line: m.field_line,
  reason: m.ask_reason,
  note: m.ask_note,
  process: m.ask_process,
  text: m.ask_chase,
  result: m.ask_result,
  opinion: m.ask_suggestion,
  comment: m.ask_their_words,
  signer_name: m.ask_signer,
  caption: m.ask_caption,
  team: m.field_team,
  minutes: m.ask_minutes,
  spec: m.ask_spec,
  unit: m.ask_unit,
}

/** Chosen from a list when it was written, or pointing at another record: corrected by a new step, not by words. */
const NOT_WORDS = new Set(['type', 'urgency', 'way', 'unit', 'signature', 'record', 'order', 'photo', 'code', 'method'])

/** The fields of a fact that somebody can correct by typing. Numbers stay numbers. */
export function correctables({ body, kind }: HistoryFact): Correctable[] {
  if (typeof body !== 'object' || body === null) return []
  return Object.entries(body).flatMap(([field, value]) => {
    const label = LABELS[field]
    // A contact's category is one of a list; an order's is words.
    const listed = NOT_WORDS.has(field) || (field === 'category' && kind === 'received')
    if (!label || listed || (typeof value !== 'string' && typeof value !== 'number')) return []
    return [{ field, label: label(), now: String(value) }]
  })
}

/** What was typed, in the type the field has. */
export function corrected(fact: HistoryFact, field: string, typed: string): unknown {
  const was = (fact.body as Record<string, unknown>)[field]
  return typeof was === 'number' ? Number(typed.normalize('NFKC')) : typed
}

/** The name of a corrected field. */
export const fieldWord = (field: string): string => LABELS[field]?.() ?? field
