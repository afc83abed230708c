import type { RecordId } from '@/ipc'

/** The incident that is looked at; stays while other pages are visited. */
class AtHand {
  record = $state.raw<RecordId | null>(null)
}

export const atHand = new AtHand()
