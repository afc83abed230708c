/** The forms of every kind of record. A new kind is one line here. */
import type { AnyView, RecordOpened } from '@/ipc'
import type { Ask, Asking } from './ask'
import type { Intent } from './asks.svelte'
import { contactRecord } from './asks/contact-record'
import { patrolRun } from './asks/patrol-run'
import { workOrder } from './asks/work-order'

const FORMS: { readonly [K in AnyView['kind']]?: Asking<K> } = {
  contact_record: contactRecord,
  patrol_run: patrolRun,
  work_order: workOrder,
}

function formsOf(kind: string): Asking<AnyView['kind']> | undefined {
  return (FORMS as Record<string, Asking<AnyView['kind']> | undefined>)[kind]
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
