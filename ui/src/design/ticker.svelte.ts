import { createSubscriber } from 'svelte/reactivity'

/**
 * The one clock of the screen. It ticks at every full second, and only while something on screen
 * reads it. It is for showing time; nothing is ordered or judged by it.
 */
class Ticker {
  #now = Date.now()
  #subscribe = createSubscriber((update) => {
    let timer: ReturnType<typeof setTimeout>
    const tick = (): void => {
      this.#now = Date.now()
      update()
      timer = setTimeout(tick, 1000 - (this.#now % 1000))
    }
    this.#now = Date.now()
    timer = setTimeout(tick, 1000 - (this.#now % 1000))
    return () => clearTimeout(timer)
  })

  /** Milliseconds since the epoch; reactive. */
  get now(): number {
    this.#subscribe()
    return this.#now
  }
}

export const ticker = new Ticker()
