import { describe, expect, it } from 'vitest'
import type { ChecklistItem, FindingView, PatrolRunView, StopView } from '@/ipc'
import { isEmpty, outcomeOf, restNormal } from './answers'
import { readScan } from './scanned'

const item = (key: string): ChecklistItem => ({ key, name: key, family: 'fire' })
const stop = (part: Partial<StopView>): StopView => ({
  index: 0,
  checkpoint: 'c',
  name: '水泵房',
  place: 'p',
  place_name: '',
  key_area: false,
  opens: 0,
  closes: 1,
  missed_at: 2,
  code: '',
  checklist: [item('pressure'), item('lock'), item('sump')],
  visited_at: 1,
  visited_by: null,
  proof: 'B',
  cannot_scan: null,
  results: [],
  checked_at: null,
  findings: [],
  exempted: null,
  missed_reason: null,
  notes: [],
  ...part,
})
const found = (item_key: string): FindingView => ({
  fact: 'f',
  at: 1,
  by: { person: 'p', name: '甲' },
  item_key,
  item_name: item_key,
  description: '',
  urgency: 'normal',
  photo: null,
  order: null,
  order_number: null,
})

describe('其余正常', () => {
  it('is normal for what nobody answered and keeps what was answered, found or saved before', () => {
    const at = stop({
      findings: [found('lock')],
      results: [{ key: 'sump', name: 'sump', outcome: 'not_applicable', note: '检修' }],
    })
    expect(restNormal(at, { pressure: { reading: ' 0.65 ' } })).toEqual([
      { key: 'pressure', name: 'pressure', outcome: 'normal', reading: '0.65', note: '' },
      { key: 'lock', name: 'lock', outcome: 'abnormal', reading: null, note: '' },
      { key: 'sump', name: 'sump', outcome: 'not_applicable', reading: null, note: '检修' },
    ])
  })

  it('lets what was tapped now win', () => {
    const at = stop({ results: [{ key: 'lock', name: 'lock', outcome: 'abnormal' }] })
    expect(outcomeOf(at, { lock: { outcome: 'normal' } }, 'lock')).toBe('normal')
    expect(outcomeOf(at, {}, 'lock')).toBe('abnormal')
    expect(outcomeOf(at, {}, 'pressure')).toBeNull()
  })

  it('knows when nothing was answered', () => {
    expect(isEmpty({ lock: { outcome: null, note: ' ' } })).toBe(true)
    expect(isEmpty({ lock: { reading: '3' } })).toBe(false)
  })
})

describe('what a scan turned out to be', () => {
  const run = (scan: PatrolRunView['last_scan']): PatrolRunView =>
    ({ stops: [stop({ index: 0, name: '配电房' }), stop({ index: 4, name: '水泵房' })], last_scan: scan }) as unknown as PatrolRunView
  const by = { person: 'p', name: '甲' }

  it('tells here, another point and a foreign point apart', () => {
    expect(readScan(run(null))).toBeNull()
    expect(readScan(run({ by, at: 1, stop: 4, name: '水泵房', expected_stop: null }))).toEqual({ kind: 'here', stop: 4, name: '水泵房' })
    expect(readScan(run({ by, at: 1, stop: 4, name: '水泵房', expected_stop: 0 }))).toEqual({ kind: 'other', stop: 4, name: '水泵房', expected: '配电房' })
    expect(readScan(run({ by, at: 1, stop: null, name: '南门岗', expected_stop: 0 }))).toEqual({ kind: 'foreign', name: '南门岗', expected: '配电房' })
  })
})
