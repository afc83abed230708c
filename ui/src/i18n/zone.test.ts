import { afterEach, describe, expect, it } from 'vitest'
import { shortDayOf, timeOf } from './format'
import { language } from './locale.svelte'
import { instantOf, siteDate, zone } from './zone.svelte'

const machine = zone.minutes
afterEach(() => {
  zone.minutes = machine
})

describe('the clock of the site', () => {
  it('is shown whatever the zone of the machine', () => {
    const at = Date.UTC(2026, 10, 23, 22, 3)
    zone.minutes = 8 * 60
    expect(timeOf(at)).toBe('06:03')
    expect(siteDate(at).getUTCDate()).toBe(24)
    zone.minutes = -5 * 60
    expect(timeOf(at)).toBe('17:03')
  })

  it('gives a day of this year in the order of the language', () => {
    zone.minutes = 8 * 60
    const at = Date.UTC(2026, 10, 23, 22, 3)
    language.current = 'en'
    expect(shortDayOf(at)).toBe('24/11')
    language.current = 'zh'
    expect(shortDayOf(at)).toBe('11/24')
  })

  it('and back', () => {
    zone.minutes = 8 * 60
    expect(siteDate(instantOf(2026, 10, 24, 12)).getUTCHours()).toBe(12)
  })
})
