import type { Family } from '@/ipc'
import { m } from '@/paraglide/messages.js'

const BY_FAMILY: Record<Family, readonly (() => string)[]> = {
  theft: [m.tablet_phrase_unlocked, m.tablet_phrase_broken, m.tablet_phrase_dark, m.tablet_phrase_stranger],
  fire: [m.tablet_phrase_expired, m.tablet_phrase_blocked, m.tablet_phrase_fault_light, m.tablet_phrase_smell, m.tablet_phrase_pressure_low],
  disaster: [m.tablet_phrase_leak, m.tablet_phrase_water_standing, m.tablet_phrase_noise, m.tablet_phrase_reading_off, m.tablet_phrase_hot],
  security: [m.tablet_phrase_unlocked, m.tablet_phrase_dark, m.tablet_phrase_broken, m.tablet_phrase_stranger],
  water_power: [m.tablet_phrase_leak, m.tablet_phrase_reading_off, m.tablet_phrase_tripped, m.tablet_phrase_hot, m.tablet_phrase_noise],
  equipment: [m.tablet_phrase_noise, m.tablet_phrase_fault_light, m.tablet_phrase_stopped, m.tablet_phrase_broken],
  environment: [m.tablet_phrase_dirty, m.tablet_phrase_blocked, m.tablet_phrase_water_standing, m.tablet_phrase_broken],
}
const ANY = [m.tablet_phrase_broken, m.tablet_phrase_leak, m.tablet_phrase_noise, m.tablet_phrase_smell, m.tablet_phrase_blocked, m.tablet_phrase_missing] as const

/** What people usually find on items of this family, as they say it. */
export function phrasesFor(family: Family | undefined): { value: string; label: string }[] {
  return (family ? BY_FAMILY[family] : ANY).map((phrase) => ({ value: phrase(), label: phrase() }))
}
