import type { Failure } from '@/ipc'
import { failureOf } from '@/ipc/ask.svelte'

export type Tried<T> = { value: T; failure: null } | { value: null; failure: Failure }

/** Does it; what went wrong comes back as words instead of being thrown, so that a form can keep what was typed. */
export async function tried<T>(doing: () => Promise<T>): Promise<Tried<T>> {
  try {
    return { value: await doing(), failure: null }
  } catch (problem) {
    return { value: null, failure: failureOf(problem) }
  }
}
