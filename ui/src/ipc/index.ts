/**
 * The one seam to the program behind the window. Commands answer or throw a `Refused` with words for the person;
 * events say what changed and the screens ask again.
 */
import { commands, events, type BookChanged, type Failure, type SyncShown } from './bindings'

export type * from './bindings'

/** Something could not be done: a code for the program, words for the person. */
export class Refused extends Error {
  readonly failure: Failure
  constructor(failure: Failure) {
    super(failure.words.en)
    this.name = 'Refused'
    this.failure = failure
  }
}

type Answer<T> = { status: 'ok'; data: T } | { status: 'error'; error: Failure }
type Asked<F> = F extends (...args: infer A) => Promise<Answer<infer T>> ? (...args: A) => Promise<T> : never
type Book = { readonly [K in keyof typeof commands]: Asked<(typeof commands)[K]> }

/** Every command, answering plainly or throwing `Refused`. */
export const book: Book = Object.fromEntries(
  Object.entries(commands).map(([name, command]) => [
    name,
    async (...args: never[]) => {
      const answer = await (command as (...args: never[]) => Promise<Answer<unknown>>)(...args)
      if (answer.status === 'error') throw new Refused(answer.error)
      return answer.data
    },
  ]),
) as unknown as Book

/** Calls `heard` with every change of the book until the returned function is called. */
export function onBookChanged(heard: (changed: BookChanged) => void): () => void {
  return listening(events.bookChangedEvent.listen((event) => heard(event.payload)))
}

/** Calls `heard` with every change of the sync word or number until the returned function is called. */
export function onSyncChanged(heard: (sync: SyncShown) => void): () => void {
  return listening(events.syncChangedEvent.listen((event) => heard(event.payload)))
}

function listening(begun: Promise<() => void>): () => void {
  let over = false
  let end: (() => void) | undefined
  void begun.then((stop) => {
    if (over) stop()
    else end = stop
  })
  return () => {
    over = true
    end?.()
  }
}
