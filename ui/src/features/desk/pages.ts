/** The pages of the desk besides home, rounds and ledger. A new page is a route in `desk.svelte.ts` and one entry here. */
import type { Page } from '@/features/all/page'
import type { DeskPlace } from './desk.svelte'

export const PAGES: readonly Page<DeskPlace>[] = []
