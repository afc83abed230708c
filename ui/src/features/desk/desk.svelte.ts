import type { RecordId } from '@/ipc'
import { createRouter } from '@/shell/router.svelte'

/** The pages of the desk. The home page keeps what is being typed. */
const ROUTES = {
  home: '/',
  all: '/all',
  monitor: '/monitor',
  ledger: '/ledger',
  overview: '/overview',
  floor_plan: '/floor-plan',
  daily_report: '/daily-report',
  work_log: '/work-log',
  archive: '/archive',
  complaints: '/complaints',
  follow_ups: '/follow-ups',
  registers: '/registers',
  instructions: '/instructions',
  whereabouts: '/whereabouts',
  spot_checks: '/spot-checks',
  incident: '/incident',
  numbers: '/numbers',
  roster: '/roster',
  attendance: '/attendance',
  absences: '/absences',
  my_shift: '/my-shift',
  handover: '/handover',
} as const

export type DeskPlace = keyof typeof ROUTES
export const places = createRouter(ROUTES)

/** Whether no sheet and no question lies over the page, so that its keys act. */
export const nothingAbove = (): boolean => document.querySelector('.sheet-panel, .dialog-panel') === null

/** What the pages of the desk share. */
class Desk {
  /** The records opened beside the work, one from another. */
  path = $state.raw<RecordId[]>([])
  /** Counts how often the registration desk was called for (F2, F3), and the board (F4). */
  called = $state(0)
  board = $state(0)

  open(record: RecordId): void {
    this.path = [record]
  }
}

export const desk = new Desk()
