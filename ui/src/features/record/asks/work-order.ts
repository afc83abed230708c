import { say } from '@/i18n/say'
import { timeOf } from '@/i18n/format'
import type { WorkOrderView } from '@/ipc'
import { m } from '@/paraglide/messages.js'
import { choices, grade, method, reason, type Ask, type Asking } from '../ask'
import type { Intent } from '../asks.svelte'
import { ms, urgencyOptions } from '../look'
import { chargeWord, pauseWord, phaseWord } from '../words'
import { answerChase } from './complaint'
import { byPhone, outgoing } from './telephone'

export const workOrder: Asking<'work_order'> = { asks, plain: ['accept', 'depart', 'arrive', 'start', 'resume'] }

function asks({ action, given }: Intent, view: WorkOrderView | null): Ask[] {
  switch (action) {
    case 'dispatch': {
      const suggested = (view?.suggested_precautions ?? []).map((words) => ({ value: words.zh, label: say(words) }))
      return [
        { name: 'to', label: m.picker_title(), type: 'people' },
        ...(suggested.length > 0 ? [{ name: 'precautions', label: m.ask_precautions(), type: 'many', options: suggested } as const] : []),
        { name: 'precaution', label: m.ask_precaution_more(), type: 'text' },
      ]
    }
    case 'transfer':
      return [{ name: 'to', label: m.picker_title(), type: 'people' }, reason()]
    case 'set_responsible':
      return [{ name: 'person', label: m.ask_responsible(), type: 'people', single: true }, reason()]
    case 'decide_responsible':
      return [
        ...(given?.fact
          ? []
          : [
              {
                name: 'fact',
                label: m.ask_which_value(),
                type: 'choice',
                list: true,
                options: (view?.responsible ?? []).map((version) => ({
                  value: version.fact,
                  label: version.person.name,
                  note: m.side_said({ who: version.by.name, time: timeOf(ms(version.at)) }),
                })),
              } as const,
            ]),
        reason(),
      ]
    case 'set_urgency':
      return [{ name: 'urgency', label: m.ask_urgency(), type: 'choice', options: urgencyOptions(), ...(view && { initial: view.urgency }) }, reason()]
    case 'pause':
      return [
        { name: 'why', label: m.ask_waits_for(), type: 'choice', options: choices(['material', 'occupant', 'contractor', 'approval'], pauseWord), initial: 'material' },
        { name: 'note', label: m.ask_note(), type: 'text' },
      ]
    case 'finish':
      return [
        { name: 'process', label: m.ask_process(), type: 'area' },
        { name: 'minutes', label: m.ask_minutes(), type: 'number', unit: m.unit_minutes(), max: 1440 },
        { name: 'labour_fen', label: m.ask_labour(), type: 'money' },
        { name: 'charge', label: m.ask_charge(), type: 'choice', options: choices(['free', 'cash', 'transfer', 'account'], chargeWord), initial: 'free' },
      ]
    case 'use_material':
      return [
        { name: 'name', label: m.ask_material(), type: 'text' },
        { name: 'spec', label: m.ask_spec(), type: 'text' },
        { name: 'quantity_milli', label: m.ask_quantity(), type: 'quantity' },
        { name: 'unit', label: m.ask_unit(), type: 'text' },
        { name: 'price_fen', label: m.ask_price(), type: 'money' },
      ]
    case 'confirm':
      return [
        grade('opinion', m.ask_opinion()),
        { name: 'comment', label: m.ask_their_words(), type: 'text' },
        { name: 'signer_name', label: m.ask_signer(), type: 'text', ...(view && { initial: view.reporter_name }) },
        { name: 'signature', label: m.ask_signature(), type: 'signature' },
      ]
    case 'follow_up':
      return [
        method(),
        grade('attitude', m.ask_attitude()),
        grade('timeliness', m.ask_timeliness()),
        grade('quality', m.ask_quality()),
        { name: 'opinion', label: m.ask_suggestion(), type: 'area' },
        { name: 'satisfied', label: m.ask_settled(), type: 'yes', initial: true },
        ...outgoing(byPhone),
      ]
    case 'close':
      return [{ name: 'without_followup_reason', label: m.ask_without_followup(), type: 'text', phrases: [m.phrase_public_area(), m.phrase_unreachable(), m.phrase_asked_on_site()] }]
    case 'chase':
      return [{ name: 'text', label: m.ask_chase(), type: 'text', phrases: [m.phrase_chase_where(), m.phrase_chase_when(), m.phrase_chase_help()] }]
    case 'answer_chase':
      return answerChase()
    case 'photo':
      return [
        { name: 'phase', label: m.ask_phase(), type: 'choice', options: choices(['before', 'during', 'after'], phaseWord), initial: 'before' },
        { name: 'caption', label: m.ask_caption(), type: 'text' },
      ]
    case 'void':
      return [reason([m.phrase_void_twice(), m.phrase_void_withdrawn()])]
    case 'refuse':
      return [reason()]
    default:
      return []
  }
}
