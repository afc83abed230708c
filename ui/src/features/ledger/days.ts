import { instantOf, siteDate } from '@/i18n/zone.svelte'

/** A civil day as the book writes it (`2026-11-24`), by the site's clock. */
export function dayAt(at: number): string {
  const date = siteDate(at)
  const two = (n: number): string => String(n).padStart(2, '0')
  return `${date.getUTCFullYear()}-${two(date.getUTCMonth() + 1)}-${two(date.getUTCDate())}`
}

/** The day so many days later. */
export function shifted(day: string, by: number): string {
  const [year, month, date] = day.split('-').map(Number) as [number, number, number]
  return dayAt(instantOf(year, month - 1, date + by, 12))
}

/** Noon of a day, for showing it. */
export function noonOf(day: string): number {
  const [year, month, date] = day.split('-').map(Number) as [number, number, number]
  return instantOf(year, month - 1, date, 12)
}
