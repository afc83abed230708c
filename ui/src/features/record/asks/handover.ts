import type { HandoverRefusalReason } from '@/ipc'
import { m } from '@/paraglide/messages.js'
import { choices, reason, type Ask, type Asking } from '../ask'
import type { Intent } from '../asks.svelte'
import { refusalWord, REFUSALS } from '../handover-words'

/** The steps of the handover are the wizard's; a record's page leads there. */
const IN_THE_WIZARD = ['prepare', 'arrive', 'read', 'take', 'count', 'answer', 'read_instructions', 'explain_inspection', 'sign', 'seal']

export const handover: Asking<'handover'> = { asks, elsewhere: IN_THE_WIZARD }

function asks({ action }: Intent): Ask[] {
  switch (action) {
    case 'review':
      return [{ name: 'opinion', label: m.ho_opinion(), type: 'text' }]
    case 'release':
      return [reason()]
    case 'refuse':
      return [
        { name: 'reason', label: m.ask_reason(), type: 'choice', list: true, options: choices<HandoverRefusalReason>(REFUSALS, refusalWord) },
        { name: 'note', label: m.ask_note(), type: 'text' },
      ]
    default:
      return []
  }
}
