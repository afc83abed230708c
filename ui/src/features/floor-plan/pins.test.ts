import { expect, test } from 'vitest'
import type { PinNow, Tone } from '@/ipc'
import { pinKey, sourceOf, worstFirst } from './pins'

const pin = (building: string, tone: Tone): PinNow => ({ of: { building }, name: building, key_area: false, x: 0, y: 0, tone, patrol: null, open: [] })

test('what is missed stands before what waits, and that before what is done', () => {
  const pins = [pin('1', 'done'), pin('2', 'waiting'), pin('3', 'calm'), pin('4', 'alert'), pin('5', 'waiting')]
  expect(worstFirst(pins).map(pinKey)).toEqual(['building 4', 'building 2', 'building 5', 'building 3', 'building 1'])
})

test('a drawing is only ever the source of a picture', () => {
  const svg = `<svg onload="alert(1)"><script>fetch('/')</script></svg>`
  expect(sourceOf(svg)).toMatch(/^data:image\/svg\+xml;charset=utf-8,%3Csvg/)
  expect(sourceOf(svg)).not.toContain('<')
  expect(sourceOf('data:image/png;base64,AAAA')).toBe('data:image/png;base64,AAAA')
})
