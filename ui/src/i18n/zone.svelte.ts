/**
 * The site's civil clock. Every time on the screen is the site's, whatever the machine's zone: the shift beside it is,
 * and so is everything on paper.
 */
let minutes = $state(-new Date().getTimezoneOffset())

const MINUTE_MS = 60_000

export const zone = {
  /** Offset from UTC in minutes; the machine's until the site's is known. */
  get minutes(): number {
    return minutes
  },
  set minutes(offset: number) {
    minutes = offset
  },
}

/** The instant as a date whose UTC fields read as the site's clock. */
// eslint-disable-next-line svelte/prefer-svelte-reactivity -- a value that is read at once, never kept or changed
export const siteDate = (at: number): Date => new Date(at + minutes * MINUTE_MS)

/** The instant at which the site's clock reads these fields. */
export const instantOf = (year: number, month: number, date: number, hour = 0): number =>
  Date.UTC(year, month, date, hour) - minutes * MINUTE_MS
