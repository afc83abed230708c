import type { Tone } from '@/design/states'
import type { Proof, StopState } from '@/ipc'
import { m } from '@/paraglide/messages.js'

const LOOK: Record<StopState, { tone: Tone; word: () => string; done: boolean }> = {
  not_yet: { tone: 'idle', word: m.stop_not_yet, done: false },
  open: { tone: 'run', word: m.stop_open, done: false },
  overdue: { tone: 'soon', word: m.stop_overdue, done: false },
  on_time: { tone: 'ok', word: m.stop_on_time, done: true },
  late: { tone: 'soon', word: m.stop_late, done: true },
  missed: { tone: 'over', word: m.stop_missed, done: false },
  made_up: { tone: 'held', word: m.stop_made_up, done: true },
  exempted: { tone: 'idle', word: m.stop_exempted, done: true },
}

export const stopTone = (state: StopState): Tone => LOOK[state].tone
export const stopWord = (state: StopState): string => LOOK[state].word()
export const stopDone = (state: StopState): boolean => LOOK[state].done

export const proofWord = (proof: Proof): string =>
  ({ A: m.proof_a, B: m.proof_b, C: m.proof_c, D: m.proof_d })[proof]()
