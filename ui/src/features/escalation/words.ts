import type { EscalationShown, Level, LineNow } from '@/ipc'
import type { Tone } from '@/design/states'
import { ms } from '@/features/record/look'
import { timeOf } from '@/i18n/format'
import { m } from '@/paraglide/messages.js'

export const LEVELS: readonly Level[] = ['ordinary', 'difficult', 'major', 'sudden']

export const levelWord = (level: Level): string =>
  ({ ordinary: m.esc_level_ordinary, difficult: m.esc_level_difficult, major: m.esc_level_major, sudden: m.esc_level_sudden })[level]()

export const levelTone: Record<Level, Tone> = { ordinary: 'idle', difficult: 'soon', major: 'over', sudden: 'over' }

type Line = EscalationShown['report']['lines'][number]

/** How the report stands with one person, in one word, and why. */
export interface Standing {
  tone: Tone
  word: string
  note: string
}

/**
 * Delivered means shown on their own device, acknowledged means they said so; between the two, and before the first,
 * nothing is guessed.
 */
export function standingOf(shown: EscalationShown, line: Line, now: LineNow, at: number): Standing {
  const one = line.people[at]
  if (!one) return { tone: 'idle', word: '', note: '' }
  const missed = one.phoned.filter((call) => !call.reached).at(-1)
  const failed = missed ? m.esc_note_not_reached({ time: timeOf(ms(missed.at)), by: missed.by.name, note: missed.note }) : ''
  const end = line.acknowledged
  const way = one.returning
  if (way?.ended?.arrived) return { tone: 'ok', word: m.esc_state_there(), note: [timeOf(ms(way.ended.at)), way.ended.note].filter(Boolean).join(' · ') }
  if (way && !way.ended && !shown.report.withdrawn) {
    const due = ms(way.since) + way.eta_min * 60_000
    return { tone: due < Date.now() ? 'over' : 'soon', word: m.esc_state_returning(), note: m.esc_note_returning({ time: timeOf(ms(due)) }) }
  }
  if (end?.person.person === one.person.person) {
    const note = [timeOf(ms(end.at)), end.by_telephone?.name, end.words].filter(Boolean).join(' · ')
    return { tone: 'ok', word: end.by_telephone ? m.esc_state_phoned() : m.esc_state_acknowledged(), note }
  }
  if (shown.report.withdrawn) return { tone: 'idle', word: m.esc_state_stood_down(), note: failed }
  if (end) return { tone: 'idle', word: at < now.called ? m.esc_state_stood_down() : m.esc_state_later(), note: failed }
  if (one.received !== null) return { tone: 'soon', word: m.esc_state_received(), note: failed || m.esc_note_received({ time: timeOf(ms(one.received)) }) }
  if (at >= now.called) {
    const next = at === now.called && now.next_at !== null ? m.esc_next_at({ time: timeOf(ms(now.next_at)) }) : ''
    return { tone: 'idle', word: m.esc_state_later(), note: failed || next }
  }
  if (!shown.delivered) return { tone: 'held', word: m.esc_state_undelivered(), note: failed || m.esc_note_undelivered() }
  return { tone: 'held', word: m.esc_state_called(), note: failed || m.esc_note_at_server() }
}
