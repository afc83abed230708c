import { m } from '@/paraglide/messages.js'
import { reason, type Asking } from '../ask'

/** Ordering has a dialog of its own at the patrol monitor. */
export const strengthenedPatrol: Asking<'strengthened_patrol'> = {
  asks: ({ action }) => (action === 'end' ? [reason([m.strong_over(), m.strong_mistake()])] : []),
  elsewhere: ['order'],
}
