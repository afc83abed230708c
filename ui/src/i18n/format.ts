import { language } from './locale.svelte'
import { siteDate } from './zone.svelte'

/** Formats that follow the language, by the site's clock; 24 hours in both. */
const cache = new Map<string, Intl.DateTimeFormat>()

function format(at: number, options: Intl.DateTimeFormatOptions): string {
  const locale = language.current === 'zh' ? 'zh-CN' : 'en-GB'
  const key = locale + JSON.stringify(options)
  let formatter = cache.get(key)
  if (!formatter) {
    formatter = new Intl.DateTimeFormat(locale, { ...options, timeZone: 'UTC' })
    cache.set(key, formatter)
  }
  return formatter.format(siteDate(at))
}

/** 22:47 */
export const timeOf = (at: number): string => format(at, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' })
/** 22:47:05 */
export const secondsOf = (at: number): string =>
  format(at, { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' })
/** 6月11日 星期四 */
export const dayOf = (at: number): string => format(at, { month: 'long', day: 'numeric', weekday: 'long' })
/** 2026/6/11 */
export const dateOf = (at: number): string => format(at, { year: 'numeric', month: '2-digit', day: '2-digit' })
/** 06/11: a day of this year, in the order of the language. */
export const shortDayOf = (at: number): string => format(at, { month: '2-digit', day: '2-digit' })
