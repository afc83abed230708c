import { createRouter } from '@/shell/router.svelte'

const ROUTES = {
  rounds: '/',
  patrol: '/patrol/:run',
  finish: '/patrol/:run/finish',
  orders: '/orders',
  order: '/orders/:order',
  register: '/register',
  all: '/all',
  incident: '/incident',
  numbers: '/numbers',
  shift: '/shift',
  record: '/record/:record',
  registers: '/registers',
  whereabouts: '/whereabouts',
  handover: '/handover',
} as const

/** Where a tablet can be. */
export const places = createRouter(ROUTES)

/** Places that need nothing to be named besides. */
export type TabletPlace = { [Name in keyof typeof ROUTES]: (typeof ROUTES)[Name] extends `${string}:${string}` ? never : Name }[keyof typeof ROUTES]
