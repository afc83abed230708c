import { book, type AnyAction, type Failure, type Offer, type RecordId, type RecordShown } from '@/ipc'
import { failureOf } from '@/ipc/ask.svelte'
import { say } from '@/i18n/say'
import { toasts } from '@/design/toasts.svelte'
import { m } from '@/paraglide/messages.js'
import { isElsewhere, isPlain } from './forms'

/** What somebody is about to do with a record. */
export interface Intent {
  kind: string
  record: RecordId
  /** The action's tag (`do`). */
  action: string
  /** The button's words, the heading of the question. */
  words: { zh: string; en: string }
  /** Whether it is not to be done by mistake. */
  grave: boolean
  /** What is already known, such as the stop of a run. */
  given?: Record<string, unknown>
}

/** The offers that a record's page can carry out. */
export function offersHere(kind: string, offers: readonly Offer[]): Offer[] {
  return offers.filter((offer) => !isElsewhere(kind, offer.action))
}

/** What pressing an offer's key means. */
export function intentOf(shown: RecordShown, offer: Offer, given?: Record<string, unknown>): Intent {
  const { action, words, weight } = offer
  return { kind: shown.kind, record: shown.id, action, words, grave: weight === 'grave', ...(given && { given }) }
}

/** Carries actions out and knows which one waits for answers. One per screen. */
export class Doing {
  /** The action that is being asked about. */
  intent = $state.raw<Intent | null>(null)
  failure = $state.raw<Failure | null>(null)
  busy = $state(false)

  /** Starts an action: at once where nothing is to be asked, otherwise by opening its question. */
  begin(intent: Intent, state = ''): void {
    this.failure = null
    // An order that was followed up is closed without a reason for closing it.
    const said = isPlain(intent.kind, intent.action) || (intent.action === 'close' && state === 'followed_up')
    if (said) void this.act(intent, {})
    else this.intent = intent
  }

  /** Does it. What was typed stays where it is when it is refused. */
  async act(intent: Intent, values: Record<string, unknown>): Promise<boolean> {
    if (this.busy) return false
    this.busy = true
    try {
      const action = { kind: intent.kind, action: { do: intent.action, ...intent.given, ...values } } as unknown as AnyAction
      await book.act(intent.record, action)
      this.intent = null
      this.failure = null
      toasts.say(m.act_done({ what: say(intent.words) }))
      return true
    } catch (problem) {
      this.failure = failureOf(problem)
      if (!this.intent) toasts.say(say(this.failure.words), 'over')
      return false
    } finally {
      this.busy = false
    }
  }

  cancel(): void {
    this.intent = null
    this.failure = null
  }
}
