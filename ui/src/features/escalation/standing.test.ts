import { expect, it } from 'vitest'
import type { EscalationShown } from '@/ipc'
import { m } from '@/paraglide/messages.js'
import { standingOf } from './words'

const AT = Date.UTC(2026, 5, 11, 0, 0)
const by = { person: 'p0', name: '值班员甲', role: 'duty_officer' } as const

type Person = EscalationShown['report']['lines'][number]['people'][number]
const person = (name: string, more: Partial<Person> = {}): Person => ({ person: { person: name, name }, received: null, phoned: [], returning: null, ...more })

function shown(people: Person[], called: number, more: { delivered?: boolean; acknowledged?: EscalationShown['report']['lines'][number]['acknowledged'] } = {}): EscalationShown {
  return {
    report: {
      fact: 'f1',
      at: AT,
      by: { ...by },
      level: 'sudden',
      words: '',
      lines: [{ roles: ['duty_manager'], people, acknowledged: more.acknowledged ?? null }],
      repeat_min: 3,
      next_min: 5,
      withdrawn: null,
    },
    lines: [{ called, round: 1, again_at: AT + 180_000, next_at: AT + 300_000, exhausted: false }],
    delivered: more.delivered ?? true,
    for_me: false,
    may_phone: true,
  }
}

function words(report: EscalationShown): string[] {
  const [line] = report.report.lines
  const [now] = report.lines
  return line && now ? line.people.map((_, at) => standingOf(report, line, now, at).word) : []
}

it('says for each person whether it was delivered, and guesses nothing', () => {
  const people = [person('甲', { received: AT + 1000 }), person('乙'), person('丙')]
  expect(words(shown(people, 2))).toEqual([m.esc_state_received(), m.esc_state_called(), m.esc_state_later()])
  expect(words(shown(people, 2, { delivered: false }))).toEqual([m.esc_state_received(), m.esc_state_undelivered(), m.esc_state_later()])
})

it('names who acknowledged and stands the others down', () => {
  const people = [person('甲'), person('乙'), person('丙')]
  const end = { person: { person: '乙', name: '乙' }, at: AT, by_telephone: null, words: '到场' }
  expect(words(shown(people, 2, { acknowledged: end }))).toEqual([m.esc_state_stood_down(), m.esc_state_acknowledged(), m.esc_state_later()])
  expect(words(shown(people, 2, { acknowledged: { ...end, by_telephone: { ...by } } }))[1]).toBe(m.esc_state_phoned())
})

it('says who comes back to the site and when, and who is there', () => {
  const end = { person: { person: '甲', name: '甲' }, at: AT, by_telephone: null, words: '' }
  type Ended = NonNullable<Person['returning']>['ended']
  const way = (ended: Ended): Partial<Person> => ({ returning: { since: AT, eta_min: 30, ended } })
  expect(words(shown([person('甲', way(null))], 1, { acknowledged: end }))).toEqual([m.esc_state_returning()])
  expect(words(shown([person('甲', way({ at: AT, by: { ...by }, arrived: true, note: '' }))], 1, { acknowledged: end }))).toEqual([m.esc_state_there()])
  expect(words(shown([person('甲', way({ at: AT, by: { ...by }, arrived: false, note: '已送电' }))], 1, { acknowledged: end }))).toEqual([m.esc_state_acknowledged()])
})

it('shows the last call that did not get through', () => {
  const call = (note: string, reached: boolean) => ({ at: AT, by: { ...by }, reached, note })
  const report = shown([person('甲', { phoned: [call('关机', false), call('占线', false)] })], 1)
  const [line] = report.report.lines
  const [now] = report.lines
  expect(line && now && standingOf(report, line, now, 0).note).toContain('占线')
})
