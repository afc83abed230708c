/** The forms of every kind of record. A new kind is one line here. */
import type { Ask, Asking } from './ask'
import type { Intent } from './asks.svelte'
import { absence } from './asks/absence'
import { attendance } from './asks/attendance'
import { complaint } from './asks/complaint'
import { contactRecord } from './asks/contact-record'
import { handover } from './asks/handover'
import { incident } from './asks/incident'
import { archiveItem, dailyReport, journal, monthSeal, workLog } from './asks/papers'
import { patrolRun } from './asks/patrol-run'
import { reachTest } from './asks/reach-test'
import { rosterSheet } from './asks/roster-sheet'
import { spotCheck, spotPlan } from './asks/spot'
import { strengthenedPatrol } from './asks/strengthened-patrol'
import { whereabouts } from './asks/whereabouts'
import { workOrder } from './asks/work-order'
import { askingOf } from '@/features/registers/asking'
import type { AnyView, RecordOpened } from '@/ipc'

const FORMS: { readonly [K in AnyView['kind']]?: Asking<K> } = {
  absence,
  attendance,
  complaint,
  contact_record: contactRecord,
  incident,
  handover,
  patrol_run: patrolRun,
  reach_test: reachTest,
  roster_sheet: rosterSheet,
  work_order: workOrder,
  journal,
  daily_report: dailyReport,
  work_log: workLog,
  month_seal: monthSeal,
  archive_item: archiveItem,
  whereabouts,
  spot_plan: spotPlan,
  spot_check: spotCheck,
  strengthened_patrol: strengthenedPatrol,
}

function formsOf(kind: string): Asking<AnyView['kind']> | undefined {
  return (FORMS as Record<string, Asking<AnyView['kind']> | undefined>)[kind] ?? askingOf(kind)
}

/** The fields of an action's form. */
export function asksOf(intent: Intent, opened: RecordOpened | undefined): Ask[] {
  const view = opened?.view
  return formsOf(intent.kind)?.asks(intent, view?.kind === intent.kind ? (view.view as never) : null) ?? []
}

/** Whether an action says everything by itself. */
export const isPlain = (kind: string, action: string): boolean => formsOf(kind)?.plain?.includes(action) ?? false

/** Whether an action has a screen of its own. */
export const isElsewhere = (kind: string, action: string): boolean => formsOf(kind)?.elsewhere?.includes(action) ?? false
