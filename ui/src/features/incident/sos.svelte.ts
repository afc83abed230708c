import { book, type Failure, type RecordId } from '@/ipc'
import { failureOf } from '@/ipc/ask.svelte'

/** What came of holding the SOS key on this device. */
class Sos {
  open = $state(false)
  record = $state.raw<RecordId | null>(null)
  failure = $state.raw<Failure | null>(null)

  /** The key was held. What matters most is on the screen at once; the book answers in its own time. */
  async held(): Promise<void> {
    this.open = true
    this.failure = null
    this.record = null
    try {
      this.record = (await book.sos()).record
    } catch (problem) {
      this.failure = failureOf(problem)
    }
  }
}

export const sos = new Sos()
