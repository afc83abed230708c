import type { MissedReason, PatrolRunView } from '@/ipc'
import { m } from '@/paraglide/messages.js'
import { choices, reason, type Ask, type Asking } from '../ask'
import type { Intent } from '../asks.svelte'
import { missedWord } from '../words'

const REASONS: readonly MissedReason[] = ['incident', 'called_away', 'no_access', 'weather', 'short_staffed', 'device_fault', 'other']

/** The steps of a round are the tablet's; the desk shows them nowhere. */
const ON_THE_ROUND = ['start', 'scan', 'check', 'all_normal', 'cannot_scan', 'report_finding', 'finish']

export const patrolRun: Asking<'patrol_run'> = { asks, elsewhere: ON_THE_ROUND }

function asks({ action, given }: Intent, view: PatrolRunView | null): Ask[] {
  const stops = (view?.stops ?? []).filter((stop) => stop.visited_at === null && stop.exempted === null)
  const stop: Ask[] =
    given?.stop !== undefined
      ? []
      : [{ name: 'stop', label: m.ask_stop(), type: 'choice', list: true, numeric: true, options: stops.map((one) => ({ value: String(one.index), label: one.name, note: one.place_name })) }]
  switch (action) {
    case 'explain_missed':
      return [...stop, { name: 'reason', label: m.ask_reason(), type: 'choice', options: choices(REASONS, missedWord) }, { name: 'note', label: m.ask_note(), type: 'text' }]
    case 'exempt':
      return [...stop, reason()]
    case 'countersign':
      return [
        { name: 'note', label: m.ask_note(), type: 'text' },
        { name: 'signature', label: m.ask_signature(), type: 'signature' },
      ]
    default:
      return []
  }
}
