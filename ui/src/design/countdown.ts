import type { Tone } from './states'

/** What a clock shows at one moment. */
export interface Reading {
  state: 'ok' | 'soon' | 'over'
  tone: Tone
  /** `mm:ss`, from an hour on `h:mm:ss`; beyond two days null, then `days` is what matters. */
  digits: string | null
  days: number
  /** Milliseconds left; negative once the deadline has passed. */
  left_ms: number
  /** How much of the time is used up, 0 to 1; null without a start. */
  used: number | null
}

const DAY_MS = 86_400_000

/** Reads a countdown. `soon_ms` before the deadline it turns to `soon`. */
export function readCountdown(deadline: number, now: number, soon_ms: number, start?: number): Reading {
  const left_ms = deadline - now
  const state = left_ms < 0 ? 'over' : left_ms <= soon_ms ? 'soon' : 'ok'
  const span = Math.abs(left_ms)
  // Time left is rounded up and time over down, so that 00:00 is the deadline itself on both sides.
  const seconds = left_ms >= 0 ? Math.ceil(span / 1000) : Math.floor(span / 1000)
  const days = Math.floor(span / DAY_MS)
  return {
    state,
    tone: state === 'ok' ? 'idle' : state,
    digits: days >= 2 ? null : digitsOf(seconds),
    days,
    left_ms,
    used: start === undefined || deadline <= start ? null : Math.min(1, Math.max(0, (now - start) / (deadline - start))),
  }
}

function digitsOf(seconds: number): string {
  const pad = (n: number): string => String(n).padStart(2, '0')
  const h = Math.floor(seconds / 3600)
  const mm = pad(Math.floor((seconds % 3600) / 60))
  const ss = pad(seconds % 60)
  return h > 0 ? `${h}:${mm}:${ss}` : `${mm}:${ss}`
}
