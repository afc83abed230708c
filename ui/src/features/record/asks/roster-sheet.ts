import type { Asking } from '../ask'

/** A roster is drawn up on its own page. */
export const rosterSheet: Asking<'roster_sheet'> = { asks: () => [], plain: ['read'], elsewhere: ['set', 'publish', 'decide'] }
