/**
 * Where a person was on this device, so that an app that was killed goes on there. Another person starts at the
 * first screen.
 */
const KEY = 'dutybook.tablet.place'

interface Kept {
  person: string
  hash: string
}

export function readKept(text: string | null): Kept | null {
  try {
    const kept: unknown = JSON.parse(text ?? 'null')
    if (typeof kept !== 'object' || kept === null) return null
    const { person, hash } = kept as Record<string, unknown>
    return typeof person === 'string' && typeof hash === 'string' && hash.startsWith('#/') ? { person, hash } : null
  } catch {
    // A damaged note of the place only means starting at the first screen.
    return null
  }
}

/** Goes to where this person was and remembers from now on; the result stops remembering. */
export function followPlace(person: string): () => void {
  const kept = readKept(localStorage.getItem(KEY))
  if (kept?.person !== person) {
    if (kept) location.replace('#/')
  } else if (location.hash.length < 2) {
    location.replace(kept.hash)
  }
  const keep = (): void => localStorage.setItem(KEY, JSON.stringify({ person, hash: location.hash || '#/' }))
  keep()
  window.addEventListener('hashchange', keep)
  return () => window.removeEventListener('hashchange', keep)
}
