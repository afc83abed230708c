/** The two people at one device: who acts, and whose own PIN has to confirm it. */
import { toasts } from '@/design/toasts.svelte'
import { say } from '@/i18n/say'
import { book, type Failure, type HandoverAction, type RecordId } from '@/ipc'
import { failureOf } from '@/ipc/ask.svelte'
import { session } from '@/session.svelte'

/** Somebody who confirmed with their PIN while the wizard is open; it is kept nowhere else. */
interface Second {
  person: RecordId
  pin: string
}

/** An action that waits for somebody's PIN. */
export interface Waiting {
  action: HandoverAction
  /** Who has to confirm; null lets them choose. */
  person: RecordId | null
  /** Who cannot. */
  except: RecordId | null
  title: string
}

export class Hands {
  waiting = $state.raw<Waiting | null>(null)
  failure = $state.raw<Failure | null>(null)
  busy = $state(false)
  readonly #record: RecordId
  #second: Second | null = null

  constructor(record: RecordId) {
    this.#record = record
  }

  /** Does it as that person: at once when they are signed in or confirmed already, otherwise after their PIN. */
  async act(waiting: Waiting, { fresh = false }: { fresh?: boolean } = {}): Promise<boolean> {
    const { person, except, action } = waiting
    const own = session.person?.person ?? null
    if (!fresh && own !== null && (person ?? own) === own && own !== except) return this.#run(() => book.act(this.#record, { kind: 'handover', action }))
    const second = this.#second
    if (!fresh && second && second.person === person) return this.#as(second, action)
    this.failure = null
    this.waiting = waiting
    return false
  }

  /** The PIN was typed. */
  async confirm(person: RecordId, pin: string): Promise<boolean> {
    const waiting = this.waiting
    if (!waiting) return false
    const done = await this.#as({ person, pin }, waiting.action)
    if (done) {
      this.#second = { person, pin }
      this.waiting = null
    } else if (this.failure && this.failure.code !== 'wrong_pin') {
      // The PIN was right, the step was not: the words belong to the step.
      this.#second = { person, pin }
      this.waiting = null
    }
    return done
  }

  cancel(): void {
    this.waiting = null
    this.failure = null
  }

  #as({ person, pin }: Second, action: HandoverAction): Promise<boolean> {
    return this.#run(() => book.actAs(person, pin, this.#record, { kind: 'handover', action }))
  }

  async #run(doing: () => Promise<unknown>): Promise<boolean> {
    if (this.busy) return false
    this.busy = true
    try {
      await doing()
      this.failure = null
      return true
    } catch (problem) {
      this.failure = failureOf(problem)
      if (this.failure.code !== 'wrong_pin') toasts.say(say(this.failure.words), 'over')
      return false
    } finally {
      this.busy = false
    }
  }
}
