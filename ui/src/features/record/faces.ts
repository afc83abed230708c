/** How every kind of record reads when it is opened. A new kind is one line here. */
import type { Component } from 'svelte'
import type { AnyView, HistoryShown, RecordId, RecordShown } from '@/ipc'
import type { ViewOf } from './ask'
import type { Doing } from './asks.svelte'
import ContactFace from './ContactFace.svelte'
import PatrolRunFace from './PatrolRunFace.svelte'
import WorkOrderFace from './WorkOrderFace.svelte'

/** What a face is given; it takes what it needs. */
export interface FaceProps<K extends AnyView['kind']> {
  view: ViewOf<K>
  shown: RecordShown
  history: readonly HistoryShown[]
  doing: Doing
  /** Leads to another record. */
  onopen: (record: RecordId) => void
}

const FACES: { readonly [K in AnyView['kind']]?: Component<FaceProps<K>> } = {
  contact_record: ContactFace,
  patrol_run: PatrolRunFace,
  work_order: WorkOrderFace,
}

/** The face of a record, where its kind has one of its own. */
export function faceOf(view: AnyView | null): Component<FaceProps<AnyView['kind']>> | undefined {
  return view ? (FACES as Record<string, Component<FaceProps<AnyView['kind']>> | undefined>)[view.kind] : undefined
}
