/**
 * What was typed and not yet saved, kept on the device: going back, a call in between or an empty battery never
 * loses it. Saving clears it.
 */
const PREFIX = 'dutybook.draft.'
const KEPT_MS = 2 * 86_400_000

export function readDraft<T>(key: string, now: number): T | null {
  try {
    const kept = JSON.parse(localStorage.getItem(PREFIX + key) ?? 'null') as { at: number; value: T } | null
    return kept && now - kept.at < KEPT_MS ? kept.value : null
  } catch {
    return null
  }
}

export function writeDraft<T>(key: string, value: T, now: number): void {
  localStorage.setItem(PREFIX + key, JSON.stringify({ at: now, value }))
}

export function clearDraft(key: string): void {
  localStorage.removeItem(PREFIX + key)
}
