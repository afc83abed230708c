import { afterEach, beforeEach, expect, it } from 'vitest'
import { clearDraft, readDraft, writeDraft } from './drafts'
import { followPlace, readKept } from './place-kept'

let stop = (): void => undefined
beforeEach(() => localStorage.clear())
afterEach(() => {
  stop()
  location.hash = ''
})

const go = async (hash: string): Promise<void> => {
  const changed = new Promise((then) => window.addEventListener('hashchange', then, { once: true }))
  location.hash = hash
  await changed
}

it('goes back to where the person was after the app was killed', async () => {
  stop = followPlace('p1')
  await go('#/patrol/r1')
  stop()
  await go('')
  stop = followPlace('p1')
  expect(location.hash).toBe('#/patrol/r1')
})

it('starts another person at the first screen', async () => {
  stop = followPlace('p1')
  await go('#/orders/o1')
  stop()
  stop = followPlace('p2')
  expect(location.hash).toBe('#/')
})

it('passes over a damaged note of the place', () => {
  for (const text of [null, '', '{', '7', '{"person":"p"}', '{"person":"p","hash":"https://x"}']) expect(readKept(text)).toBeNull()
})

it('keeps drafts until they are saved or two days old', () => {
  writeDraft('r1/3', { lock: 'normal' }, 0)
  expect(readDraft('r1/3', 1000)).toEqual({ lock: 'normal' })
  expect(readDraft('r1/3', 3 * 86_400_000)).toBeNull()
  clearDraft('r1/3')
  expect(readDraft('r1/3', 1000)).toBeNull()
})
