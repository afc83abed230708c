import type { ContactTopic } from '@/ipc'
import { m } from '@/paraglide/messages.js'

/** 常用语: what is most often said, by category. */
export function phrasesOf(topic: ContactTopic): string[] {
  switch (topic) {
    case 'repair':
      return [m.say_leak(), m.say_burst(), m.say_no_power(), m.say_light(), m.say_drain(), m.say_lift(), m.say_door()]
    case 'help':
      return [m.say_trapped(), m.say_unwell(), m.say_locked_out(), m.say_carry(), m.say_found()]
    case 'complaint':
      return [m.say_noise(), m.say_renovation(), m.say_parking(), m.say_rubbish(), m.say_dogs()]
    case 'enquiry':
      return [m.say_fees(), m.say_access_card(), m.say_renovation_rules(), m.say_parcel()]
    default:
      return [m.say_come_back(), m.say_passed_on()]
  }
}

/** Adds a phrase to what is already written. */
export const joined = (text: string, phrase: string): string => [text.trimEnd(), phrase].filter(Boolean).join(m.joint())
