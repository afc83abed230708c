import { timeOf } from '@/i18n/format'
import type { ComplaintView, Grade, NoticeMethod, Validity } from '@/ipc'
import { m } from '@/paraglide/messages.js'
import { choices, grade, method, reason, type Ask, type Asking, type Choice } from '../ask'
import type { Intent } from '../asks.svelte'
import { gradeOptions, noticeWord, validityWord } from '../complaint-words'
import { ms } from '../look'
import { byPhone, outgoing } from './telephone'

export const complaint: Asking<'complaint'> = { asks, plain: ['acknowledge'] }

const NOTICES: readonly NoticeMethod[] = ['phone', 'in_person', 'message']
const VALIDITIES: readonly Validity[] = ['valid', 'invalid']

const nextContact = (now: number | null | undefined, optional: boolean): Ask => ({
  name: 'next_contact',
  label: optional ? m.ask_next_contact_optional() : m.ask_next_contact(),
  type: 'when',
  optional,
  ...(now && now > Date.now() && { initial: now }),
})

function asks({ action, given }: Intent, view: ComplaintView | null): Ask[] {
  switch (action) {
    case 'notify':
    case 'report':
      return [{ name: 'method', label: m.ask_notice_method(), type: 'choice', options: choices(NOTICES, noticeWord), initial: 'phone' }]
    case 'assign':
      return [
        { name: 'department', label: m.ask_duty_department(), type: 'text' },
        { name: 'person', label: m.ask_duty_person(), type: 'people', single: true, optional: true },
        reason(),
      ]
    case 'grade':
      return [{ name: 'grade', label: m.ask_grade(), type: 'choice', options: gradeOptions(), ...(view && { initial: view.grade satisfies Grade }) }, reason()]
    case 'judge':
      return [{ name: 'validity', label: m.ask_validity(), type: 'choice', options: choices(VALIDITIES, validityWord) }, reason()]
    case 'decide':
      return [
        ...(given?.['fact'] ? [] : [{ name: 'fact', label: m.ask_which_value(), type: 'choice', list: true, options: standing(view) } as const]),
        reason(),
      ]
    case 'plan':
      return [
        { name: 'plan', label: m.ask_complaint_plan(), type: 'area' },
        { name: 'by', label: m.ask_complaint_plan_by(), type: 'when', optional: true },
      ]
    case 'tell_back':
      return [
        { ...method(), label: m.ask_told_how() },
        { name: 'said', label: m.ask_told_what(), type: 'area' },
        nextContact(view?.next_contact, false),
        ...outgoing(byPhone),
      ]
    case 'work':
      return [{ name: 'process', label: m.ask_process(), type: 'area' }, nextContact(view?.next_contact, true)]
    case 'settle':
      return [{ name: 'result', label: m.ask_result(), type: 'area' }]
    case 'take_opinion':
      return [
        grade('opinion', m.ask_their_opinion()),
        { name: 'words', label: m.ask_their_words(), type: 'area' },
        method(),
        ...outgoing(byPhone),
      ]
    case 'not_reached':
      return [reason([m.phrase_anonymous(), m.phrase_dead_number(), m.phrase_unreachable()])]
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
      return [{ name: 'without_followup_reason', label: m.ask_without_followup(), type: 'text', phrases: [m.phrase_unreachable(), m.phrase_asked_on_site()] }]
    case 'reopen':
      return [reason()]
    case 'comment':
      return [{ name: 'text', label: m.ask_manager_opinion(), type: 'area' }]
    case 'set_next_contact':
      return [nextContact(view?.next_contact, false), reason()]
    case 'chase':
      return chase()
    case 'answer_chase':
      return answerChase()
    default:
      return []
  }
}

export const chase = (): Ask[] => [
  { name: 'department', label: m.ask_department(), type: 'text' },
  { name: 'text', label: m.ask_chase(), type: 'text', phrases: [m.phrase_chase_where(), m.phrase_chase_when(), m.phrase_chase_help()] },
]
export const answerChase = (): Ask[] => [{ name: 'text', label: m.ask_chase_answer(), type: 'text' }]

/** Every value that stands beside another. */
function standing(view: ComplaintView | null): Choice[] {
  if (!view) return []
  const one = (label: string, it: { fact: string; by: { name: string }; at: number | null }): Choice => ({
    value: it.fact,
    label,
    note: m.side_said({ who: it.by.name, time: timeOf(ms(it.at)) }),
  })
  const several = <T>(values: readonly T[]): readonly T[] => (values.length > 1 ? values : [])
  return [
    ...view.grade_side_by_side.map((it) => one(gradeOptions().find((option) => option.value === it.value)?.label ?? '', it)),
    ...several(view.validity).map((it) => one(validityWord(it.value), it)),
    ...several(view.duty).map((it) => one([it.value.department, it.value.person?.name].filter(Boolean).join(' '), it)),
  ]
}
