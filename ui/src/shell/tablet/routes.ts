import { createRouter } from '@/shell/router.svelte'

/** Where a tablet can be. */
export const places = createRouter({
  rounds: '/',
  patrol: '/patrol/:run',
  finish: '/patrol/:run/finish',
  orders: '/orders',
  order: '/orders/:order',
  register: '/register',
})
