/** The screens of the tablet besides rounds, orders and the quick record. A new one is a route in `routes.ts` and one entry here. */
import type { Page } from '@/features/all/page'
import type { TabletPlace } from './routes'

export const PAGES: readonly Page<TabletPlace>[] = []
