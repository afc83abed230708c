import { book, type Alarm } from '@/ipc'
import { ask, type Question } from '@/ipc/ask.svelte'
import { session } from '@/session.svelte'

const OFTEN_MS = 5_000

/**
 * What rings on this device, asked once for the whole program: a page that opens has it from the start, and does not
 * move under the finger when the answer comes.
 */
class Ringing {
  #question = $state.raw<Question<Alarm[]> | undefined>(undefined)

  readonly alarms: readonly Alarm[] = $derived(this.#question?.value ?? [])

  /** Asks from now on. Call it while the program's outermost component initialises. */
  follow(): void {
    this.#question = ask(
      () => {
        // What calls a person is asked for again when somebody else signs in.
        void session.person?.person
        return session.app ? book.alarms() : Promise.resolve([])
      },
      { every_ms: OFTEN_MS },
    )
  }

  again(): Promise<void> {
    return this.#question?.again() ?? Promise.resolve()
  }
}

export const ringing = new Ringing()
