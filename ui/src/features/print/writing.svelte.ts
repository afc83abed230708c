import { toasts } from '@/design/toasts.svelte'
import { say } from '@/i18n/say'
import { Refused, type FormWritten } from '@/ipc'
import { m } from '@/paraglide/messages.js'

/** A key that writes a file: says where it is or why not, and writes one at a time, or a second press would do it twice. */
export class Writing {
  busy = $state(false)

  async write(file: () => Promise<FormWritten>): Promise<void> {
    if (this.busy) return
    this.busy = true
    try {
      const written = await file()
      toasts.say(m.print_written({ path: written.path }), 'ok', { sticky: true })
    } catch (error) {
      if (!(error instanceof Refused)) throw error
      toasts.say(say(error.failure.words), 'over')
    } finally {
      this.busy = false
    }
  }
}
