import { expect, it } from 'vitest'
import { sha256Of } from './marked-file'

it('knows a file by its SHA-256', async () => {
  const bytes = new TextEncoder().encode('abc')
  expect(await sha256Of(bytes.buffer as ArrayBuffer)).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad')
})
