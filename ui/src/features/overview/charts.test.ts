import { expect, test } from 'vitest'
import type { HourCell, PointRow } from '@/ipc'
import { grade, patrolMap, patrolSum, share } from './charts'
import type { Paint } from './paint'

const cell = (hour: number, on_time: number, late: number, missed: number): HourCell => ({
  hour,
  owed: on_time + late + missed,
  on_time,
  late,
  missed,
  abnormal: 0,
})
const row = (name: string, ...hours: HourCell[]): PointRow => ({ checkpoint: name, name, place_name: '', key_area: false, hours })

test('a share is never all of it while one is missing', () => {
  expect(share(999, 1000)).toBe('99%')
  expect(share(1000, 1000)).toBe('100%')
  expect(share(0, 7)).toBe('0%')
  expect(share(0, 0)).not.toContain('%')
})

test('one missed visit outweighs any number of good ones', () => {
  expect([cell(1, 9, 0, 1), cell(1, 9, 1, 0), cell(1, 9, 0, 0)].map(grade)).toEqual([0, 1, 2])
})

test('the map has a square for each hour in which something was owed, and says how many are missing', () => {
  const rows = [row('gate', cell(22, 3, 0, 0), cell(2, 1, 0, 2)), row('pump', cell(2, 0, 3, 0))]
  expect(patrolSum(rows)).toMatchObject({ owed: 9, on_time: 4, late: 3, missed: 2 })
  const { series } = patrolMap(rows, { size: 15 } as Paint) as { series: { data: { value: number[]; label: { show: boolean; formatter: string } }[] }[] }
  // The hours stand in order of the clock: 2 first, 22 after it.
  expect(series[0]?.data.map((one) => one.value)).toEqual([[1, 0, 2], [0, 0, 0], [0, 1, 1]])
  expect(series[0]?.data.map((one) => (one.label.show ? one.label.formatter : ''))).toEqual(['', '2', ''])
})
