import { book, type Alarm } from '@/ipc'

/** Whether anything on the screen calls the person signed in. */
export const callsMe = (alarms: readonly Alarm[] | undefined): boolean =>
  (alarms ?? []).some((alarm) => alarm.for_me && alarm.report !== null)

/**
 * Notes that the calls on this screen were shown to whom they call (已送达), each once: what was delivered already is
 * left alone by the book. A failure leaves it undelivered, which is the truth; the next look tries again.
 */
export function deliverCalls(alarms: readonly Alarm[] | undefined): void {
  if (callsMe(alarms) && document.visibilityState === 'visible') void book.receiveCalls().catch(() => false)
}
