import type { Tone } from '@/design/states'
import type { CannotScanReason, MissedReason, Proof, StopState } from '@/ipc'
import { m } from '@/paraglide/messages.js'

const LOOK: Record<StopState, { tone: Tone; word: () => string }> = {
  not_yet: { tone: 'idle', word: m.tablet_stop_not_yet },
  open: { tone: 'run', word: m.tablet_stop_open },
  overdue: { tone: 'soon', word: m.tablet_stop_overdue },
  on_time: { tone: 'ok', word: m.tablet_stop_on_time },
  late: { tone: 'ok', word: m.tablet_stop_late },
  missed: { tone: 'over', word: m.tablet_stop_missed },
  made_up: { tone: 'ok', word: m.tablet_stop_made_up },
  exempted: { tone: 'idle', word: m.tablet_stop_exempted },
}

export const stopTone = (state: StopState): Tone => LOOK[state].tone
export const stopWord = (state: StopState): string => LOOK[state].word()

const PROOF: Record<Proof, () => string> = { A: m.tablet_proof_a, B: m.tablet_proof_b, C: m.tablet_proof_c, D: m.tablet_proof_d }
/** The grade and what it means, as the walker reads it. */
export const proofWord = (proof: Proof): string => m.tablet_proof_grade({ grade: proof, meaning: PROOF[proof]() })

const CANNOT: Record<CannotScanReason, () => string> = {
  code_damaged: m.tablet_cannot_code_damaged,
  cannot_reach: m.tablet_cannot_reach,
  device_fault: m.tablet_cannot_device_fault,
  other: m.tablet_reason_other,
}
export const cannotReasons = (): { value: CannotScanReason; label: string }[] =>
  (Object.keys(CANNOT) as CannotScanReason[]).map((value) => ({ value, label: CANNOT[value]() }))

const MISSED: Record<MissedReason, () => string> = {
  incident: m.tablet_missed_incident,
  called_away: m.tablet_missed_called_away,
  no_access: m.tablet_missed_no_access,
  weather: m.tablet_missed_weather,
  short_staffed: m.tablet_missed_short_staffed,
  device_fault: m.tablet_missed_device_fault,
  other: m.tablet_reason_other,
}
export const missedReasons = (): { value: MissedReason; label: string }[] =>
  (Object.keys(MISSED) as MissedReason[]).map((value) => ({ value, label: MISSED[value]() }))
export const missedWord = (reason: MissedReason): string => MISSED[reason]()
