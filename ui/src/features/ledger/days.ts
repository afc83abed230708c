/** A civil day as the book writes it (`2026-11-24`), by the clock on the wall. */
export function dayAt(at: number): string {
  const date = new Date(at)
  const two = (n: number): string => String(n).padStart(2, '0')
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`
}

/** The day so many days later. */
export function shifted(day: string, by: number): string {
  const [year, month, date] = day.split('-').map(Number) as [number, number, number]
  return dayAt(new Date(year, month - 1, date + by, 12).getTime())
}

/** Noon of a day, for showing it. */
export function noonOf(day: string): number {
  const [year, month, date] = day.split('-').map(Number) as [number, number, number]
  return new Date(year, month - 1, date, 12).getTime()
}
