import type { ContactTopic, Grade, Registration, Urgency, Way } from '@/ipc'

/** A call or visit while it is being written down. */
export interface Draft {
  way: Way
  /** 1, 2, 3, and 4 for more than three; null while nobody counted. */
  rings: number | null
  unit: string | null
  unit_label: string
  name: string
  phone: string
  category: ContactTopic
  summary: string
  urgency: Urgency
  /** Answered on the spot. */
  result: string
  /** Which line it came in on; empty for the usual one. */
  line: string
  /** When they will hear from us, where somebody promised it. */
  next_contact: number | null
  /** What a complaint is about, and how grave. */
  topic: string
  grade: Grade
  /** The earlier record of the same matter. */
  repeat_of: { record: string; number: string } | null
  /** When it began, milliseconds since the epoch; null until something is typed. */
  began: number | null
}

export const PLACES = 4
const KEY = 'dutybook.calls'

export const emptyDraft = (way: Way = 'call'): Draft => ({
  way,
  rings: null,
  unit: null,
  unit_label: '',
  name: '',
  phone: '',
  category: 'repair',
  summary: '',
  urgency: 'normal',
  result: '',
  line: '',
  next_contact: null,
  topic: '',
  grade: 'general',
  repeat_of: null,
  began: null,
})

/** Whether anything was written that would be missed. */
export const isEmpty = (draft: Draft): boolean =>
  draft.rings === null && [draft.unit_label, draft.name, draft.phone, draft.summary, draft.result].every((text) => text.trim() === '')

/** A draft as the book takes it. */
export function registrationOf(draft: Draft): Registration {
  return {
    way: draft.way,
    rings: draft.way === 'call' ? draft.rings : null,
    at_start: draft.began,
    unit: draft.unit,
    unit_label: draft.unit_label.trim(),
    name: draft.name.trim(),
    phone: draft.phone.trim(),
    category: draft.category,
    summary: draft.summary.trim(),
    urgency: draft.urgency,
    next_contact: draft.next_contact,
    ...(draft.way === 'call' && draft.line && { line: draft.line }),
    ...(draft.result.trim() && { result: draft.result.trim() }),
    ...(draft.category === 'complaint' && { complaint: { topic: draft.topic, grade: draft.grade } }),
    ...(draft.repeat_of && { repeat_of: draft.repeat_of }),
  }
}

/** A call that nobody answered: who it was is all there is. */
export function missedOf(draft: Draft): Registration {
  const { unit, unit_label, name, phone, line } = registrationOf({ ...draft, way: 'call' })
  return { way: 'call', missed: true, category: 'other', at_start: draft.began, unit: unit ?? null, unit_label: unit_label ?? '', name: name ?? '', phone: phone ?? '', line: line ?? '' }
}

interface Kept {
  current: Draft
  parked: (Draft | null)[]
}

export function readKept(text: string | null): Kept {
  const fresh: Kept = { current: emptyDraft(), parked: Array<null>(PLACES).fill(null) }
  try {
    const kept = JSON.parse(text ?? '') as Partial<Kept>
    const filled = (draft: Partial<Draft> | null | undefined): Draft | null => (draft ? { ...emptyDraft(), ...draft } : null)
    return {
      current: filled(kept.current) ?? fresh.current,
      parked: fresh.parked.map((_, at) => filled(kept.parked?.[at])),
    }
  } catch {
    return fresh
  }
}

/** The call that is being written down and those that wait. They survive a restart of the program. */
export class Drafts {
  current = $state<Draft>(emptyDraft())
  parked = $state<(Draft | null)[]>([])
  readonly #store: Storage

  constructor(store: Storage) {
    this.#store = store
    const kept = readKept(store.getItem(KEY))
    this.current = kept.current
    this.parked = kept.parked
  }

  /** Writes everything down; reads it reactively, so that an effect keeps it. */
  keep(): void {
    this.#store.setItem(KEY, JSON.stringify({ current: this.current, parked: this.parked }))
  }

  /** Starts afresh after a save. */
  clear(): void {
    this.current = emptyDraft(this.current.way)
  }

  /** Puts the call aside at a place, and takes up what waited there. */
  swap(place: number): void {
    const waited = this.parked[place] ?? null
    this.parked[place] = isEmpty(this.current) ? null : this.current
    this.current = waited ?? emptyDraft(this.current.way)
  }
}

export const drafts = new Drafts(localStorage)
