import { flushSync } from 'svelte'
import { describe, expect, it } from 'vitest'
import { createRouter, match } from './router.svelte'

const table = { start: '/', patrols: '/patrols', patrol: '/patrols/:run', point: '/patrols/:run/points/:point' } as const

describe('router', () => {
  it.each([
    ['', { name: 'start', params: {} }],
    ['#/', { name: 'start', params: {} }],
    ['#/patrols', { name: 'patrols', params: {} }],
    ['#/patrols/r1', { name: 'patrol', params: { run: 'r1' } }],
    ['#/patrols/r1/points/B1%20%E6%B0%B4%E6%B3%B5?x=1', { name: 'point', params: { run: 'r1', point: 'B1 水泵' } }],
    ['#/nowhere/at/all', { name: 'start', params: {} }],
    ['#/patrols/%E0%A4%A', { name: 'start', params: {} }],
  ])('%j', (hash, place) => {
    expect(match(table, hash)).toEqual(place)
  })

  it('goes where it says, and back through the same words', () => {
    const router = createRouter(table)
    expect(router.href('point', { run: 'a/b', point: '水泵' })).toBe('#/patrols/a%2Fb/points/%E6%B0%B4%E6%B3%B5')
    expect(match(table, router.href('point', { run: 'a/b', point: '水泵' })).params).toEqual({ run: 'a/b', point: '水泵' })
    router.go('patrol', { run: 'r2' })
    window.dispatchEvent(new Event('hashchange'))
    flushSync()
    expect(router.current).toEqual({ name: 'patrol', params: { run: 'r2' } })
  })
})
