import type { Tone } from '@/design/states'
import type { ManagerState } from '@/ipc'
import { m } from '@/paraglide/messages.js'

export const PRESENCES = ['on_site', 'meeting', 'out', 'leave'] as const satisfies readonly ManagerState[]

export const presenceTone: Record<ManagerState, Tone> = { on_site: 'ok', meeting: 'run', out: 'soon', leave: 'idle' }

export const presenceWord = (presence: ManagerState): string =>
  ({ on_site: m.where_on_site, meeting: m.where_meeting, out: m.where_out, leave: m.where_leave })[presence]()
