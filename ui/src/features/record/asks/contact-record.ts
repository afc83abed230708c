import type { ContactView } from '@/ipc'
import { m } from '@/paraglide/messages.js'
import { session } from '@/session.svelte'
import { choices, method, reason, type Ask, type Asking, type Choice, type Filled } from '../ask'
import type { Intent } from '../asks.svelte'
import { gradeOptions } from '../complaint-words'
import { urgencyOptions } from '../look'
import { TOPICS, topicWord } from '../topics'
import { answerChase, chase } from './complaint'
import { byPhone, outgoing } from './telephone'

export const contactRecord: Asking<'contact_record'> = { asks, plain: ['close'] }

/** 1, 2, 3, and 4 for more than three. */
export const ringChoices = (): Choice[] => ['1', '2', '3', '4'].map((value) => ({ value, label: value === '4' ? '>3' : value }))

/** What is asked besides when a call is a complaint. */
export const complaintTaken = (): Ask[] => [
  { name: 'topic', label: m.ask_complaint_topic(), type: 'choice', list: false, options: (session.app?.complaint_topics ?? []).map((topic) => ({ value: topic, label: topic })), empty_is_null: true },
  { name: 'grade', label: m.ask_grade(), type: 'choice', options: gradeOptions(), initial: 'general' },
]

function asks({ action }: Intent, view: ContactView | null): Ask[] {
  switch (action) {
    case 'complete': {
      const text = (name: string, label: string, now: string | undefined): Ask[] => (now ? [] : [{ name, label, type: 'text' }])
      return [
        ...text('unit_label', m.field_unit_label(), view?.unit_label),
        ...text('name', m.field_name(), view?.name),
        ...text('phone', m.field_phone(), view?.phone),
        ...(view?.rings === null && view.way === 'call'
          ? [{ name: 'rings', label: m.field_rings(), type: 'choice', options: ringChoices(), empty_is_null: true, numeric: true } as const]
          : []),
        ...(view?.summary ? [] : [{ name: 'summary', label: m.field_summary(), type: 'area' } as const]),
        ...text('handling', m.field_handling(), view?.handling),
      ]
    }
    case 'make_order':
      return [
        { name: 'title', label: m.ask_title(), type: 'text', ...(view && { initial: view.summary.split('\n')[0]?.slice(0, 40) ?? '' }) },
        { name: 'urgency', label: m.ask_urgency(), type: 'choice', options: urgencyOptions(), ...(view && { initial: view.urgency }) },
        { name: 'dispatch_to', label: m.ask_send_at_once(), type: 'people' },
      ]
    case 'answer':
      return [{ name: 'result', label: m.ask_result(), type: 'area', phrases: [m.phrase_explained(), m.phrase_passed_on()] }]
    case 'follow_up':
      return [method(), { name: 'opinion', label: m.ask_suggestion(), type: 'area' }, ...outgoing(byPhone)]
    case 'make_complaint':
      return complaintTaken()
    case 'call_back': {
      const reached = (form: Filled): boolean => form['reached'] === true
      return [
        { name: 'reached', label: m.ask_call_back_reached(), type: 'yes', initial: true },
        ...outgoing(),
        { name: 'category', label: m.ask_category(), type: 'choice', options: choices(TOPICS, topicWord), initial: 'repair', when: reached },
        { name: 'summary', label: m.ask_what_said(), type: 'area', when: reached },
        { name: 'urgency', label: m.ask_urgency(), type: 'choice', options: urgencyOptions(), initial: 'normal', when: reached },
      ]
    }
    case 'set_next_contact':
      return [{ name: 'next_contact', label: m.ask_next_contact(), type: 'when' }, reason()]
    case 'chase':
      return chase()
    case 'answer_chase':
      return answerChase()
    case 'reopen':
      return [reason()]
    case 'mark_repeat':
      return [{ name: 'record', label: m.ask_earlier(), type: 'earlier' }]
    default:
      return []
  }
}
