import { describe, expect, it } from 'vitest'
import { base64Of } from './keep'

describe('bytes as text', () => {
  it('is what everybody else reads, also across pieces', () => {
    const bytes = Uint8Array.from({ length: 0x8000 * 2 + 5 }, (_, at) => (at * 31) % 256)
    expect(Uint8Array.from(atob(base64Of(bytes)), (c) => c.charCodeAt(0))).toEqual(bytes)
    expect(base64Of(new Uint8Array())).toBe('')
  })
})
