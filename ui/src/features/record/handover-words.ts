import type { ItemCondition, ArrivalPunctuality, HandoverRefusalReason } from '@/ipc'
import type { Tone } from '@/design/states'
import { m } from '@/paraglide/messages.js'

export const CONDITIONS: readonly ItemCondition[] = ['intact', 'damaged', 'missing']
export const conditionWord = (condition: ItemCondition): string =>
  ({ intact: m.ho_intact, damaged: m.ho_damaged, missing: m.ho_missing })[condition]()

export const punctualityWord = (punctuality: ArrivalPunctuality): string =>
  ({ early: m.ho_early, not_early: m.ho_not_early, late: m.ho_late })[punctuality]()
export const punctualityTone: Record<ArrivalPunctuality, Tone> = { early: 'ok', not_early: 'soon', late: 'over' }

export const REFUSALS: readonly HandoverRefusalReason[] = [
  'incident_under_way',
  'not_prepared',
  'difference_unexplained',
  'incoming_unfit',
  'incoming_absent',
]
export const refusalWord = (reason: HandoverRefusalReason): string =>
  ({
    incident_under_way: m.ho_refuse_incident_under_way,
    not_prepared: m.ho_refuse_not_prepared,
    difference_unexplained: m.ho_refuse_difference_unexplained,
    incoming_unfit: m.ho_refuse_incoming_unfit,
    incoming_absent: m.ho_refuse_incoming_absent,
  })[reason]()
