import { onBookChanged, Refused, type BookChanged, type Failure } from '@/ipc'

/** A question to the book whose answer stays fresh while the component that asked is there. */
export interface Question<T> {
  /** The latest answer; undefined until the first one. */
  readonly value: T | undefined
  /** Why the latest try failed; the last good answer stays. */
  readonly failure: Failure | undefined
  again(): Promise<void>
}

interface Options {
  /** Ask again when records of these kinds change; every change when left out. */
  kinds?: readonly string[]
  /** Ask again this often, for answers that depend on the clock. */
  every_ms?: number
}

const SHORTEST_MS = 5_000

/**
 * Asks now, whenever something it reads reactively changes, whenever the book changes in a way that concerns it, and
 * every so often where the answer depends on the clock. Call it while a component initialises.
 */
export function ask<T>(question: () => Promise<T>, { kinds, every_ms }: Options = {}): Question<T> {
  let value = $state.raw<T | undefined>(undefined)
  let failure = $state.raw<Failure | undefined>(undefined)
  let turn = 0
  let latest: Promise<void> = Promise.resolve()

  /** Resolves when the answer shown is at least as new as this call, also when a newer call overtook it. */
  function again(): Promise<void> {
    turn += 1
    latest = answered(turn)
    return latest
  }

  async function answered(mine: number): Promise<void> {
    let answer: T
    try {
      answer = await question()
    } catch (problem) {
      if (mine !== turn) return latest
      failure = failureOf(problem)
      return
    }
    // A slower answer to an older question must not replace a newer one.
    if (mine !== turn) return latest
    value = answer
    failure = undefined
  }

  const concerns = (changed: BookChanged): boolean =>
    !kinds || changed.kinds.length === 0 || changed.kinds.some((kind) => kinds.includes(kind))

  $effect(() => {
    void again()
  })
  $effect(() =>
    onBookChanged((changed) => {
      if (concerns(changed)) void again()
    }),
  )
  $effect(() => {
    if (!every_ms) return
    const timer = setInterval(() => void again(), Math.max(every_ms, SHORTEST_MS))
    return () => clearInterval(timer)
  })

  return {
    get value() {
      return value
    },
    get failure() {
      return failure
    },
    again,
  }
}

/** What went wrong, as words for the person, whatever was thrown. */
export function failureOf(problem: unknown): Failure {
  if (problem instanceof Refused) return problem.failure
  const text = problem instanceof Error ? problem.message : String(problem)
  return { code: 'program_error', words: { zh: text, en: text } }
}
