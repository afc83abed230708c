import { expect, it } from 'vitest'
import { dayAt, noonOf, shifted } from './days'

it.each([
  ['2026-11-24', -1, '2026-11-23'],
  ['2026-12-31', 1, '2027-01-01'],
  ['2028-02-28', 1, '2028-02-29'],
  ['2026-03-01', -1, '2026-02-28'],
])('%s and %i day is %s', (day, by, is) => {
  expect(shifted(day, by)).toBe(is)
})

it('a day begins at midnight of the clock on the wall', () => {
  expect(dayAt(new Date(2026, 10, 24, 0, 0, 0).getTime())).toBe('2026-11-24')
  expect(dayAt(new Date(2026, 10, 23, 23, 59, 59).getTime())).toBe('2026-11-23')
  expect(dayAt(noonOf('2026-11-24'))).toBe('2026-11-24')
})
