import type { RecordShown } from '@/ipc'

export interface DayGroup {
  group: 'today' | 'yesterday'
  members: RecordShown[]
}

/** Today's handovers in their order; of yesterday's those that were begun: a plan nobody touched is past. */
export function grouped(today: readonly RecordShown[], yesterday: readonly RecordShown[]): DayGroup[] {
  const begun = yesterday.filter((one) => one.card.state !== 'planned')
  const groups: DayGroup[] = [
    { group: 'today', members: [...today] },
    { group: 'yesterday', members: begun },
  ]
  return groups.filter((one) => one.members.length > 0)
}

/** The step in which something is still to be done, else the last one. */
export function stepToDo<S extends string>(gaps: readonly { step: S }[], last: S): S {
  return gaps[0]?.step ?? last
}

/** A count as it stands on the screen: what was counted, or what should be there while nothing was. */
export interface CountDraft {
  name: string
  expected: number
  actual: number
  condition: 'intact' | 'damaged' | 'missing'
}

/** A shortage is 缺失 by itself, and no longer when the number is whole again; 损坏 is said by a person and stays. */
export function withActual(draft: CountDraft, actual: number): CountDraft {
  const condition = draft.condition === 'damaged' ? 'damaged' : actual < draft.expected ? 'missing' : 'intact'
  return { ...draft, actual, condition }
}
