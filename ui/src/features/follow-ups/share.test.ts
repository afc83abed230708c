import { expect, it } from 'vitest'
import { satisfiedPercent } from './share'

const rows = (...said: (boolean | null)[]): { satisfied: boolean | null }[] => said.map((satisfied) => ({ satisfied }))

it.each([
  [rows(), null],
  [rows(null, null), null],
  [rows(true, true), 100],
  [rows(true, false), 50],
  [rows(true, null), 100],
  [rows(false), 0],
])('of %j the share is %j', (asked, percent) => {
  expect(satisfiedPercent(asked)).toBe(percent)
})

it('one who is not satisfied never reads as a hundred', () => {
  expect(satisfiedPercent(rows(...Array<boolean>(999).fill(true), false))).toBe(99)
})
