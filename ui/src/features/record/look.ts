import type { Tone } from '@/design/states'
import { dateOf, timeOf } from '@/i18n/format'
import { siteDate } from '@/i18n/zone.svelte'
import type { Timestamp, Tone as BookTone, Urgency } from '@/ipc'
import { m } from '@/paraglide/messages.js'

const TONES: Record<BookTone, Tone> = {
  calm: 'idle',
  waiting: 'soon',
  active: 'run',
  alert: 'over',
  done: 'ok',
  off: 'idle',
}

/** The look of a state as the book names it. */
export const toneOf = (tone: BookTone): Tone => TONES[tone]

/** Most urgent first. */
export const URGENCIES = ['critical', 'urgent', 'normal', 'planned'] as const satisfies readonly Urgency[]

export const urgencyTone: Record<Urgency, Tone> = { critical: 'over', urgent: 'soon', normal: 'idle', planned: 'run' }

export function urgencyWord(urgency: Urgency): string {
  switch (urgency) {
    case 'critical':
      return m.urgency_critical()
    case 'urgent':
      return m.urgency_urgent()
    case 'normal':
      return m.urgency_normal()
    case 'planned':
      return m.urgency_planned()
  }
}

/** Options of a control that asks how urgent something is. */
export const urgencyOptions = (): { value: Urgency; label: string; tone: Tone }[] =>
  URGENCIES.map((value) => ({ value, label: urgencyWord(value), tone: urgencyTone[value] }))

/** A moment as a plain number; what cannot be read counts as the beginning of time. */
export const ms = (at: Timestamp | null | undefined): number => at ?? 0

/** A moment of any day: 2026/11/24 02:13. */
export const momentOf = (at: number): string => `${dateOf(at)} ${timeOf(at)}`

const DAY_MS = 86_400_000

/** Whether two moments lie on the same day of the site's clock. */
export function sameDay(a: number, b: number): boolean {
  return Math.abs(a - b) < DAY_MS && siteDate(a).getUTCDate() === siteDate(b).getUTCDate()
}
