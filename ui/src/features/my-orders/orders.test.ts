import { describe, expect, it } from 'vitest'
import type { RecordShown, Urgency } from '@/ipc'
import { actionOf, amountOf, emptyDraft } from './draft'
import { byUrgency, notMine } from './lists'

const order = (id: string, urgency: Urgency, due: number | null, actions: string[] = []): RecordShown =>
  ({
    id,
    card: { urgency, born: 0 },
    deadline: due === null ? null : { due },
    offers: actions.map((action) => ({ action })),
  }) as unknown as RecordShown

it('lists the most urgent first, and of the same urgency whose clock runs out first', () => {
  const list = [order('a', 'normal', 1), order('b', 'urgent', null), order('c', 'critical', 9), order('d', 'urgent', 5)]
  expect(byUrgency(list).map(({ id }) => id)).toEqual(['c', 'd', 'b', 'a'])
})

it('shows as takeable only what is offered and not mine already', () => {
  const mine = [order('a', 'normal', 1, ['accept'])]
  const waiting = [...mine, order('b', 'normal', 1, ['accept']), order('c', 'normal', 1, ['photo'])]
  expect(notMine(waiting, mine).map(({ id }) => id)).toEqual(['b'])
})

describe('what a filled-in step says', () => {
  const people = [
    { person: 'p1', name: '甲' },
    { person: 'p2', name: '乙' },
  ]

  it('counts money in fen and quantities in thousandths, also as an input method types them', () => {
    const draft = { ...emptyDraft(), text: ' 换角阀 ', minutes: 25, materials: [{ name: '角阀', quantity: '１.5', unit: '个', price: '18,5' }] }
    expect(actionOf('finish', draft, people, null)).toEqual({
      do: 'finish',
      process: '换角阀',
      minutes: 25,
      charge: 'free',
      labour_fen: 0,
      materials: [{ name: '角阀', quantity_milli: 1500, unit: '个', price_fen: 1850 }],
    })
    expect(amountOf('很多', 100)).toBeNaN()
  })

  it('leaves out lines of material without a name', () => {
    const draft = { ...emptyDraft(), text: 'x', materials: [{ name: ' ', quantity: '1', unit: '', price: '' }] }
    expect(actionOf('finish', draft, people, null)).toMatchObject({ materials: [] })
  })

  it('keeps the order in which people were chosen: the first one leads', () => {
    expect(actionOf('transfer', { ...emptyDraft(), people: ['p2', 'p1'], text: '换班' }, people, null)).toEqual({
      do: 'transfer',
      to: [people[1], people[0]],
      reason: '换班',
    })
  })

  it('is nothing while the choice it stands for is missing', () => {
    for (const step of ['pause', 'dispatch', 'transfer', 'set_urgency', 'set_responsible', 'decide_responsible']) {
      expect(actionOf(step, emptyDraft(), people, null), step).toBeNull()
    }
  })

  it('hands the signature on as vectors', () => {
    const signed = { v: 1 as const, w: 1000 as const, h: 300, strokes: [[1, 2]] }
    expect(actionOf('confirm', { ...emptyDraft(), signer: '李女士' }, people, signed)).toEqual({
      do: 'confirm',
      opinion: 'satisfied',
      comment: '',
      signer_name: '李女士',
      signature: JSON.stringify(signed),
    })
  })
})
