import type { Tone } from './states'

export interface Toast {
  id: number
  tone: Tone
  text: string
  /** One thing to do about it, at most. */
  action?: { label: string; run: () => void }
  /** Stays until somebody closes it. */
  sticky: boolean
}

const SHOWN_MS = 6_000
const MOST_SHOWN = 3

class Toasts {
  items = $state<Toast[]>([])
  #next = 1

  /** Says something in passing. What must not be missed belongs on the screen itself. */
  say(text: string, tone: Tone = 'ok', options: { action?: Toast['action']; sticky?: boolean } = {}): number {
    const id = this.#next++
    const sticky = options.sticky ?? tone === 'over'
    this.items = [...this.items, { id, text, tone, sticky, ...(options.action && { action: options.action }) }].slice(-MOST_SHOWN)
    if (!sticky) setTimeout(() => this.close(id), SHOWN_MS)
    return id
  }

  close(id: number): void {
    this.items = this.items.filter((toast) => toast.id !== id)
  }
}

export const toasts = new Toasts()
