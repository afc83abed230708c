import type { AttendanceView, DutyVerdict } from '@/ipc'
import { m } from '@/paraglide/messages.js'
import { choices, reason, type Ask, type Asking } from '../ask'
import type { Intent } from '../asks.svelte'

export const attendance: Asking<'attendance'> = { asks, plain: ['accept_cover', 'approve_away', 'withdraw_away', 'return', 'confirm_presence'] }

const VERDICTS: readonly DutyVerdict[] = ['regular', 'not_early', 'late', 'early_leave', 'absent', 'abandoned', 'excused']
const OF_A_COVER: readonly DutyVerdict[] = ['cover_allowed', 'cover_not_allowed']

export const verdictWord = (verdict: DutyVerdict): string =>
  ({
    regular: m.verdict_regular,
    not_early: m.verdict_not_early,
    late: m.verdict_late,
    early_leave: m.verdict_early_leave,
    absent: m.verdict_absent,
    abandoned: m.verdict_abandoned,
    excused: m.verdict_excused,
    cover_allowed: m.verdict_cover_allowed,
    cover_not_allowed: m.verdict_cover_not_allowed,
  })[verdict]()

function asks({ action }: Intent, view: AttendanceView | null): Ask[] {
  const unrostered = view?.plan?.rostered === false
  switch (action) {
    case 'sign_in':
      return [
        { name: 'uniform', label: m.ask_uniform(), type: 'yes', initial: true },
        { name: 'badge', label: m.ask_badge(), type: 'yes', initial: true },
        { name: 'note', label: m.ask_note(), type: 'text' },
      ]
    case 'sign_out':
      return [{ name: 'note', label: m.ask_note(), type: 'text' }]
    case 'explain':
      return [{ name: 'text', label: m.ask_explain(), type: 'area', phrases: [m.phrase_traffic()] }]
    case 'decide':
      return [
        { name: 'verdict', label: m.ask_verdict(), type: 'choice', options: choices(unrostered ? OF_A_COVER : VERDICTS, verdictWord) },
        reason([m.phrase_verified(), m.phrase_traffic()]),
      ]
    case 'leave_post':
      return [
        { name: 'reason', label: m.ask_leave_why(), type: 'text', phrases: [m.phrase_leave_toilet(), m.phrase_leave_meal(), m.phrase_leave_document(), m.phrase_leave_scene()] },
        { name: 'back_at', label: m.ask_back_at(), type: 'when' },
        { name: 'cover', label: m.ask_post_cover(), type: 'people', single: true },
      ]
    case 'decline_cover':
    case 'refuse_away':
      return [reason()]
    default:
      return []
  }
}
