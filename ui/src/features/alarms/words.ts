import type { Alarm } from '@/ipc'
import { m } from '@/paraglide/messages.js'

const WORDS: Record<Alarm['what'], () => string> = {
  sos: m.alarm_sos,
  called: m.alarm_called,
  missed: m.alarm_missed,
  overdue: m.clock_over,
  soon: m.alarm_soon,
  here: m.alarm_here,
}

/** What is only mentioned: it is read, not heard. */
export const isSoft = (alarm: Alarm): boolean => alarm.what === 'soon' || alarm.what === 'here'

/** What an alarm is about, in a word. */
export const alarmWord = (what: Alarm['what']): string => WORDS[what]()
