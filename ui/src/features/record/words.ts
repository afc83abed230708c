/** Words for what the book calls by a short name. */
import type { CannotScanReason, Charge, FollowUpMethod, MissedReason, Opinion, PauseWhy, PhotoPhase } from '@/ipc'
import { m } from '@/paraglide/messages.js'

export const methodWord = (method: FollowUpMethod): string =>
  ({ phone: m.method_phone, visit: m.method_visit, message: m.method_message })[method]()
export const opinionWord = (opinion: Opinion): string =>
  ({ satisfied: m.opinion_satisfied, basically: m.opinion_basically, unsatisfied: m.opinion_unsatisfied })[opinion]()
export const chargeWord = (charge: Charge): string =>
  ({ free: m.charge_free, cash: m.charge_cash, transfer: m.charge_transfer, account: m.charge_account })[charge]()
export const pauseWord = (why: PauseWhy): string =>
  ({ material: m.pause_material, occupant: m.pause_occupant, contractor: m.pause_contractor, approval: m.pause_approval })[why]()
export const missedWord = (reason: MissedReason): string =>
  ({
    incident: m.missed_incident,
    called_away: m.missed_called_away,
    no_access: m.missed_no_access,
    weather: m.missed_weather,
    short_staffed: m.missed_short_staffed,
    device_fault: m.missed_device_fault,
    other: m.missed_other,
  })[reason]()
export const cannotScanWord = (reason: CannotScanReason): string =>
  ({
    code_damaged: m.cannot_scan_code_damaged,
    cannot_reach: m.cannot_scan_cannot_reach,
    device_fault: m.missed_device_fault,
    other: m.missed_other,
  })[reason]()
export const phaseWord = (phase: PhotoPhase): string =>
  ({ before: m.photo_before, during: m.photo_during, after: m.photo_after })[phase]()
