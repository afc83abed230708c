/** How every kind of record reads when it is opened. A new kind is one line here. */
import type { Component } from 'svelte'
import type { AnyView, HistoryShown, RecordId, RecordShown } from '@/ipc'
import type { ViewOf } from './ask'
import type { Doing } from './asks.svelte'
import ArchiveItemFace from './ArchiveItemFace.svelte'
import ComplaintFace from './ComplaintFace.svelte'
import EntryFace from '@/features/registers/EntryFace.svelte'
import SpotCheckFace from '@/features/spot-checks/SpotCheckFace.svelte'
import WhereaboutsFace from '@/features/whereabouts/WhereaboutsFace.svelte'
import AbsenceFace from '@/features/absence/AbsenceFace.svelte'
import AttendanceFace from '@/features/attendance/AttendanceFace.svelte'
import ContactFace from './ContactFace.svelte'
import DailyReportFace from './DailyReportFace.svelte'
import JournalFace from './JournalFace.svelte'
import MonthSealFace from './MonthSealFace.svelte'
import IncidentFace from './IncidentFace.svelte'
import HandoverFace from './HandoverFace.svelte'
import PatrolRunFace from './PatrolRunFace.svelte'
import ReachTestFace from './ReachTestFace.svelte'
import StrengthenedFace from './StrengthenedFace.svelte'
import WorkLogFace from './WorkLogFace.svelte'
import WorkOrderFace from './WorkOrderFace.svelte'

/** What a face is given; it takes what it needs. */
export interface FaceProps<K extends AnyView['kind']> {
  view: ViewOf<K>
  shown: RecordShown
  history: readonly HistoryShown[]
  doing: Doing
  /** Leads to another record. */
  onopen: (record: RecordId) => void
  /** The moment it is looked at, for faces that go by the clock; now when left out. */
  at?: number
}

const FACES: { readonly [K in AnyView['kind']]?: Component<FaceProps<K>> } = {
  complaint: ComplaintFace,
  absence: AbsenceFace,
  attendance: AttendanceFace,
  contact_record: ContactFace,
  incident: IncidentFace,
  handover: HandoverFace,
  patrol_run: PatrolRunFace,
  work_order: WorkOrderFace,
  journal: JournalFace,
  daily_report: DailyReportFace,
  work_log: WorkLogFace,
  month_seal: MonthSealFace,
  archive_item: ArchiveItemFace,
  whereabouts: WhereaboutsFace,
  spot_check: SpotCheckFace,
  reach_test: ReachTestFace,
  strengthened_patrol: StrengthenedFace,
}

/** The face of a record, where its kind has one of its own. */
export function faceOf(view: AnyView | null): Component<FaceProps<AnyView['kind']>> | undefined {
  if (!view) return undefined
  // The rows of every register read alike.
  const fallback = 'cells' in view.view ? EntryFace : undefined
  return ((FACES as Record<string, unknown>)[view.kind] ?? fallback) as Component<FaceProps<AnyView['kind']>> | undefined
}
