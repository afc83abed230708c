import type { IncidentView } from '@/ipc'
import { GRADES, gradeWord, PRESENCES, presenceWord, SORTS, sortWord } from '@/features/incident/words'
import { m } from '@/paraglide/messages.js'
import { choices, reason, type Ask, type Asking } from '../ask'
import type { Intent } from '../asks.svelte'
import { urgencyOptions } from '../look'

/** Cards and tasks have keys of their own, beside the steps and tasks they are about. */
export const incident: Asking<'incident'> = {
  asks,
  plain: ['tick', 'start_plan', 'acknowledge_task', 'archive'],
  elsewhere: ['start', 'sos', 'tick', 'start_plan', 'acknowledge_task', 'finish_task'],
}

function asks({ action }: Intent, view: IncidentView | null): Ask[] {
  switch (action) {
    case 'respond':
      return [
        { name: 'presence', label: m.inc_ask_presence(), type: 'choice', options: choices(PRESENCES, presenceWord), initial: 'coming' },
        { name: 'eta_min', label: m.inc_ask_eta(), type: 'number', unit: m.unit_minutes(), max: 240 },
      ]
    case 'control':
      return [
        {
          name: 'measure',
          label: m.inc_ask_measure(),
          type: 'area',
          phrases: [m.inc_phrase_evacuated(), m.inc_phrase_cut_power(), m.inc_phrase_valve(), m.inc_phrase_cordon()],
        },
      ]
    case 'report':
      return [
        {
          name: 'words',
          label: m.inc_ask_report(),
          type: 'area',
          phrases: [m.inc_phrase_contained(), m.inc_phrase_spreading(), m.inc_phrase_no_injury(), m.esc_phrase_people(), m.esc_phrase_help()],
        },
      ]
    case 'call_outside':
      return [
        { name: 'whom', label: m.inc_ask_whom(), type: 'text', phrases: ['119', '110', '120'] },
        { name: 'phone', label: m.inc_ask_phone(), type: 'text' },
        { name: 'reached', label: m.inc_ask_reached(), type: 'yes', initial: true },
        { name: 'note', label: m.inc_ask_note(), type: 'text' },
      ]
    case 'give_task':
      return [
        {
          name: 'department',
          label: m.inc_ask_department(),
          type: 'text',
          phrases: [m.inc_dep_security(), m.inc_dep_engineering(), m.inc_dep_cleaning(), m.inc_dep_service()],
        },
        { name: 'what', label: m.inc_ask_task(), type: 'area' },
        { name: 'to', label: m.inc_ask_to(), type: 'people' },
      ]
    case 'make_order':
      return [
        { name: 'title', label: m.ask_title(), type: 'text' },
        { name: 'place', label: m.inc_field_place(), type: 'text', ...(view && { initial: view.place }) },
        { name: 'urgency', label: m.ask_urgency(), type: 'choice', options: urgencyOptions(), initial: 'urgent' },
        { name: 'dispatch_to', label: m.ask_send_at_once(), type: 'people' },
      ]
    case 'finish_task':
      return [{ name: 'result', label: m.inc_ask_result(), type: 'text' }]
    case 'keep_evidence':
      return [
        { name: 'sort', label: m.inc_ask_sort(), type: 'choice', options: choices(SORTS, sortWord), initial: 'photo' },
        { name: 'note', label: m.inc_ask_shows(), type: 'text' },
        { name: 'kept', label: m.inc_ask_kept(), type: 'text' },
        { name: 'file', label: m.inc_ask_file(), type: 'file' },
      ]
    case 'describe':
      return [
        { name: 'place', label: m.inc_field_place(), type: 'text', ...(view && { initial: view.place }) },
        { name: 'words', label: m.inc_field_words(), type: 'area', ...(view && { initial: view.words }) },
        { name: 'reporter', label: m.inc_field_reporter(), type: 'text', ...(view && { initial: view.reporter }) },
        { name: 'happened_at', label: m.inc_field_happened(), type: 'when', optional: true },
      ]
    case 'note_losses':
      return [
        { name: 'injured', label: m.inc_ask_injured(), type: 'number', unit: m.inc_unit_people() },
        { name: 'dead', label: m.inc_ask_dead(), type: 'number', unit: m.inc_unit_people() },
        { name: 'damage_fen', label: m.inc_ask_damage(), type: 'money' },
        { name: 'note', label: m.inc_ask_note(), type: 'text' },
      ]
    case 'set_grade':
      return [{ name: 'grade', label: m.inc_ask_grade(), type: 'choice', options: choices(GRADES, gradeWord), ...(view && { initial: view.grade }) }, reason()]
    case 'clear':
      return [{ name: 'words', label: m.inc_ask_cleared(), type: 'area', phrases: [m.inc_phrase_contained(), m.inc_phrase_no_injury()] }]
    case 'false_alarm':
      return [{ name: 'reason', label: m.inc_ask_false(), type: 'text', phrases: [m.inc_phrase_checked(), m.inc_phrase_drill()] }]
    case 'write_up': {
      const last = view?.written.at(-1)?.said
      const measures = (view?.measures ?? []).map((one) => one.text).join('\n')
      return [
        { name: 'course', label: m.inc_course(), type: 'area', initial: last?.course ?? [view?.words, measures].filter(Boolean).join('\n') },
        { name: 'cause', label: m.inc_cause(), type: 'text', ...(last && { initial: last.cause }) },
        { name: 'result', label: m.inc_result(), type: 'area', initial: last?.result ?? view?.cleared?.text ?? '' },
        { name: 'improvement', label: m.inc_improvement(), type: 'text', ...(last && { initial: last.improvement }) },
      ]
    }
    case 'review':
      return [{ name: 'words', label: m.inc_ask_review(), type: 'area' }]
    default:
      return []
  }
}
