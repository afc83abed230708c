import { beforeEach, describe, expect, it } from 'vitest'
import { Drafts, emptyDraft, isEmpty, missedOf, readKept, registrationOf } from './drafts.svelte'

beforeEach(() => localStorage.clear())

describe('parked calls', () => {
  it('change places with the one that is being written', () => {
    const drafts = new Drafts(localStorage)
    drafts.current.unit_label = '3-2-1502'
    drafts.swap(0)
    expect(isEmpty(drafts.current)).toBe(true)
    drafts.current.unit_label = '1-1-0803'
    drafts.swap(0)
    expect(drafts.current.unit_label).toBe('3-2-1502')
    expect(drafts.parked[0]?.unit_label).toBe('1-1-0803')
  })

  it('leave their place empty when they are taken up and nothing else is being written', () => {
    const drafts = new Drafts(localStorage)
    drafts.current.summary = '漏水'
    drafts.swap(2)
    drafts.swap(2)
    expect(drafts.current.summary).toBe('漏水')
    expect(drafts.parked[2]).toBeNull()
  })

  it('survive a restart, the one that is being written too', () => {
    const before = new Drafts(localStorage)
    before.current.name = '陈先生'
    before.swap(3)
    before.current.phone = '5550-8821'
    before.keep()
    const after = new Drafts(localStorage)
    expect(after.parked[3]?.name).toBe('陈先生')
    expect(after.current.phone).toBe('5550-8821')
  })

  it.each([null, '', 'nonsense', '{"current":7}', '{"parked":[1,2]}'])('begin afresh when what was kept is %j', (text) => {
    const kept = readKept(text)
    expect(kept.parked).toHaveLength(4)
    expect(kept.current.category).toBe('repair')
  })
})

describe('a registration', () => {
  it('has no rings for a visit, though some were chosen before', () => {
    expect(registrationOf({ ...emptyDraft('visit'), rings: 2 }).rings).toBeNull()
  })

  it('says how grave a complaint is, and nothing of it for anything else', () => {
    const draft = { ...emptyDraft(), topic: '噪声', grade: 'major' as const }
    expect(registrationOf(draft)).not.toHaveProperty('complaint')
    expect(registrationOf({ ...draft, category: 'complaint' }).complaint).toEqual({ topic: '噪声', grade: 'major' })
  })

  it('of a missed call is a call with a number and nothing that nobody said', () => {
    const missed = missedOf({ ...emptyDraft('visit'), phone: ' 5550-8821 ', summary: '还没人说', line: '值班热线', rings: 4 })
    expect(missed).toMatchObject({ way: 'call', missed: true, phone: '5550-8821', line: '值班热线', category: 'other' })
    expect(missed).not.toHaveProperty('summary')
  })

  it('has a result only where one was given', () => {
    expect(registrationOf(emptyDraft())).not.toHaveProperty('result')
    expect(registrationOf({ ...emptyDraft(), result: ' 已解答 ' }).result).toBe('已解答')
  })
})
