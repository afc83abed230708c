import type { AnyView, RecordOpened } from '@/ipc'
import type { ViewOf } from '@/features/record/ask'

/** The view of an opened record, if it is of this kind. */
export function viewOf<K extends AnyView['kind']>(kind: K, opened: RecordOpened): ViewOf<K> | undefined {
  const view: unknown = opened.view?.kind === kind ? opened.view.view : undefined
  return view as ViewOf<K> | undefined
}

/** A hash in groups that can be compared by eye with a printed cover. */
export const grouped = (hash: string): string => hash.match(/.{1,8}/g)?.join(' ') ?? ''
