/** The pages of the desk besides home, rounds and ledger. A new page is a route in `desk.svelte.ts` and one entry here. */
import type { DeskPlace } from './desk.svelte'
import Absences from '@/features/absence/Absences.svelte'
import { SUPERVISORS, type Page } from '@/features/all/page'
import AttendancePage from '@/features/attendance/Attendance.svelte'
import Complaints from '@/features/complaints/Complaints.svelte'
import FloorPlan from '@/features/floor-plan/FloorPlan.svelte'
import FollowUps from '@/features/follow-ups/FollowUps.svelte'
import HandoverPage from '@/features/handover/HandoverPage.svelte'
import IncidentPage from '@/features/incident/IncidentPage.svelte'
import MyShift from '@/features/my-shift/MyShift.svelte'
import NumbersPage from '@/features/numbers/NumbersPage.svelte'
import Overview from '@/features/overview/Overview.svelte'
import ArchivePage from '@/features/papers/Archive.svelte'
import DailyReport from '@/features/papers/DailyReport.svelte'
import WorkLog from '@/features/papers/WorkLog.svelte'
import Instructions from '@/features/registers/Instructions.svelte'
import Registers from '@/features/registers/Registers.svelte'
import RosterPage from '@/features/roster/Roster.svelte'
import SpotChecks from '@/features/spot-checks/SpotChecks.svelte'
import Whereabouts from '@/features/whereabouts/Whereabouts.svelte'
import { m } from '@/paraglide/messages.js'
import Archive from '@lucide/svelte/icons/archive'
import ArrowLeftRight from '@lucide/svelte/icons/arrow-left-right'
import BookMarked from '@lucide/svelte/icons/book-marked'
import BookUser from '@lucide/svelte/icons/book-user'
import CalendarClock from '@lucide/svelte/icons/calendar-clock'
import CalendarDays from '@lucide/svelte/icons/calendar-days'
import CalendarOff from '@lucide/svelte/icons/calendar-off'
import ChartColumn from '@lucide/svelte/icons/chart-column'
import ClipboardPenLine from '@lucide/svelte/icons/clipboard-pen-line'
import FileText from '@lucide/svelte/icons/file-text'
import MapIcon from '@lucide/svelte/icons/map'
import MapPin from '@lucide/svelte/icons/map-pin'
import Megaphone from '@lucide/svelte/icons/megaphone'
import MessageSquareWarning from '@lucide/svelte/icons/message-square-warning'
import NotebookPen from '@lucide/svelte/icons/notebook-pen'
import PhoneOutgoing from '@lucide/svelte/icons/phone-outgoing'
import Siren from '@lucide/svelte/icons/siren'
import UserCheck from '@lucide/svelte/icons/user-check'

export const PAGES: readonly Page<DeskPlace>[] = [
  { name: 'daily_report', group: 'papers', label: m.page_daily_report, note: m.page_daily_report_note, icon: FileText, component: DailyReport },
  { name: 'overview', group: 'papers', label: m.over_title, note: m.over_note, icon: ChartColumn, component: Overview },
  { name: 'floor_plan', group: 'safety', label: m.plan_title, note: m.plan_note, icon: MapIcon, component: FloorPlan },
  { name: 'work_log', group: 'papers', label: m.page_work_log, note: m.page_work_log_note, icon: NotebookPen, component: WorkLog },
  { name: 'archive', group: 'papers', label: m.page_archive, note: m.page_archive_note, icon: Archive, component: ArchivePage },
  { name: 'complaints', group: 'service', label: () => m.complaints_title(), note: () => m.complaints_note(), icon: MessageSquareWarning, component: Complaints },
  { name: 'follow_ups', group: 'service', label: () => m.followups_title(), note: () => m.followups_note(), icon: PhoneOutgoing, component: FollowUps },
  { name: 'registers', group: 'papers', label: m.reg_page, note: m.reg_page_note, icon: BookMarked, component: Registers },
  { name: 'instructions', group: 'papers', label: m.reg_instructions, note: m.reg_instructions_note, icon: Megaphone, component: Instructions },
  { name: 'whereabouts', group: 'people', label: m.where_title, note: m.reg_where_note, icon: MapPin, component: Whereabouts },
  {
    name: 'spot_checks',
    group: 'people',
    label: m.spot_title,
    note: m.reg_spot_note,
    icon: ClipboardPenLine,
    roles: SUPERVISORS,
    component: SpotChecks,
  },
  { name: 'incident', group: 'safety', label: () => m.inc_title(), note: () => m.inc_note(), icon: Siren, component: IncidentPage },
  { name: 'numbers', group: 'safety', label: () => m.num_title(), note: () => m.num_note(), icon: BookUser, component: NumbersPage },
  { name: 'my_shift', group: 'shift', label: m.shift_title, note: m.shift_note, icon: CalendarClock, component: MyShift },
  { name: 'attendance', group: 'people', label: m.attendance_title, note: m.attendance_note, icon: UserCheck, component: AttendancePage },
  { name: 'roster', group: 'people', label: m.roster_title, note: m.roster_note, icon: CalendarDays, component: RosterPage },
  { name: 'absences', group: 'people', label: m.absence_title, note: m.absence_note, icon: CalendarOff, component: Absences },
  { name: 'handover', group: 'shift', label: m.ho_title, note: m.ho_note, icon: ArrowLeftRight, component: HandoverPage },
]
