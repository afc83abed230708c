import type { Tone as Look } from '@/design/states'
import type { Tone } from '@/ipc'

const LOOK: Record<Tone, Look> = {
  calm: 'idle',
  waiting: 'soon',
  active: 'run',
  alert: 'over',
  done: 'ok',
  off: 'idle',
}

/** How the domain's tone looks. */
export const lookOf = (tone: Tone): Look => LOOK[tone]
