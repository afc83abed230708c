/** The screens of the tablet besides rounds, orders and the quick record. A new one is a route in `routes.ts` and one entry here. */
import type { TabletPlace } from './routes'
import type { Page } from '@/features/all/page'
import HandoverPage from '@/features/handover/HandoverPage.svelte'
import IncidentPage from '@/features/incident/IncidentPage.svelte'
import MyShift from '@/features/my-shift/MyShift.svelte'
import NumbersPage from '@/features/numbers/NumbersPage.svelte'
import MyEntries from '@/features/registers/MyEntries.svelte'
import Whereabouts from '@/features/whereabouts/Whereabouts.svelte'
import { m } from '@/paraglide/messages.js'
import ArrowLeftRight from '@lucide/svelte/icons/arrow-left-right'
import BookCheck from '@lucide/svelte/icons/book-check'
import BookUser from '@lucide/svelte/icons/book-user'
import CalendarClock from '@lucide/svelte/icons/calendar-clock'
import MapPin from '@lucide/svelte/icons/map-pin'
import Siren from '@lucide/svelte/icons/siren'

export const PAGES: readonly Page<TabletPlace>[] = [
  { name: 'registers', group: 'papers', label: m.reg_mine, note: m.reg_mine_note, icon: BookCheck, component: MyEntries },
  { name: 'whereabouts', group: 'people', label: m.where_title, note: m.reg_where_note, icon: MapPin, component: Whereabouts },
  { name: 'incident', group: 'safety', label: () => m.inc_title(), note: () => m.inc_note(), icon: Siren, component: IncidentPage },
  { name: 'numbers', group: 'safety', label: () => m.num_title(), note: () => m.num_note(), icon: BookUser, component: NumbersPage },
  { name: 'shift', group: 'shift', label: m.shift_title, note: m.shift_note, icon: CalendarClock, component: MyShift },
  { name: 'handover', group: 'shift', label: m.ho_title, note: m.ho_note, icon: ArrowLeftRight, component: HandoverPage },
]
