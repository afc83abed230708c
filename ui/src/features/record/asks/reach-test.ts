import { m } from '@/paraglide/messages.js'
import type { Ask, Asking } from '../ask'
import type { Intent } from '../asks.svelte'

export const reachTest: Asking<'reach_test'> = { asks, plain: ['ask', 'answer'], elsewhere: ['verify'] }

function asks({ action }: Intent): Ask[] {
  if (action !== 'telephone') return []
  return [
    { name: 'reached', label: m.num_reached(), type: 'yes', initial: true },
    { name: 'note', label: m.num_how(), type: 'text', phrases: [m.esc_phrase_no_answer(), m.esc_phrase_off(), m.num_phrase_busy()] },
  ]
}
