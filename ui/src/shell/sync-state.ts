import { m } from '@/paraglide/messages.js'
import type { Tone } from '@/design/states'

/** What the device honestly knows about its delivery. */
export type SyncState =
  | { kind: 'synced'; pictures?: number }
  | { kind: 'waiting'; undelivered: number }
  | { kind: 'offline'; since: number; undelivered: number }

export function durationWords(span_ms: number): string {
  const minutes = Math.max(0, Math.floor(span_ms / 60_000))
  if (minutes < 1) return m.duration_moment()
  if (minutes < 60) return m.duration_minutes({ count: minutes })
  const hours = Math.floor(minutes / 60)
  if (hours < 48) return m.duration_hours({ count: hours })
  return m.duration_days({ count: Math.floor(hours / 24) })
}

export function syncWords(state: SyncState, now: number): { tone: Tone; word: string; detail: string | null } {
  switch (state.kind) {
    case 'synced':
      // Records are there; what they show may still be on its way.
      return { tone: 'ok', word: m.sync_synced(), detail: state.pictures ? m.sync_pictures_left({ count: state.pictures }) : null }
    case 'waiting':
      return { tone: 'held', word: m.sync_waiting({ count: state.undelivered }), detail: null }
    case 'offline':
      return {
        tone: 'soon',
        word: m.sync_offline({ duration: durationWords(now - state.since) }),
        detail: state.undelivered > 0 ? m.sync_kept({ count: state.undelivered }) : null,
      }
  }
}
