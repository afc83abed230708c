import { fireEvent, render, screen, within } from '@testing-library/svelte'
import { tick } from 'svelte'
import { describe, expect, it, vi } from 'vitest'
import { language } from '@/i18n/locale.svelte'
import { isStale, type EmergencyContact } from './contacts'
import { isNight, readStored } from './preferences.svelte'
import SignIn from './SignIn.svelte'
import { syncWords } from './sync-state'

const minute = 60_000

describe('sync words', () => {
  it.each([
    [{ kind: 'synced' }, '已同步', null],
    [{ kind: 'synced', pictures: 2 }, '已同步', '照片待送 2 张'],
    [{ kind: 'waiting', undelivered: 12 }, '本机有 12 条未送达', null],
    [{ kind: 'offline', since: 0, undelivered: 0 }, '已离线 3 小时', null],
    [{ kind: 'offline', since: 179 * minute, undelivered: 4 }, '已离线 1 分钟', '本机存 4 条'],
  ] as const)('%o', (state, word, detail) => {
    expect(syncWords(state, 180 * minute)).toMatchObject({ word, detail })
  })
})

describe('emergency contacts', () => {
  it('count as unchecked after the days the site says, or never', () => {
    const contact = (verified_at: number | null): EmergencyContact => ({ id: '1', kind: 'fire', name: '消防', phone: '119', verified_at })
    const day = 86_400_000
    expect(isStale(contact(0), 90 * day, 90)).toBe(false)
    expect(isStale(contact(0), 90 * day + 1, 90)).toBe(true)
    expect(isStale(contact(null), 0, 90)).toBe(true)
  })
})

describe('view preferences', () => {
  it('survive anything that stands in the store', () => {
    const fallback = { theme: 'auto', hand: 'right', frame: 'auto', scale: 1, locale: 'zh' }
    for (const bad of [null, '', '{', '[]', '7', 'null', '{"theme":"pink","scale":9,"locale":"xx"}']) {
      expect(readStored(bad)).toEqual(fallback)
    }
    expect(readStored('{"theme":"sun","hand":"left","scale":1.5}')).toEqual({ ...fallback, theme: 'sun', hand: 'left', scale: 1.5 })
  })

  it('know the night', () => {
    expect([18, 19, 23, 0, 5, 6, 12].map(isNight)).toEqual([false, true, true, true, true, false, false])
  })
})

describe('sign-in', () => {
  const people = [
    { id: 'a', name: '黄丽君', role: '客服主任', on_shift: false },
    { id: 'b', name: '陈国强', role: '秩序维护员', on_shift: true },
  ]
  const contacts: EmergencyContact[] = [{ id: '1', kind: 'fire', name: '消防救援站', phone: '0591 119', verified_at: null }]
  const base = { site: '江畔花园', people, contacts }

  it('shows who is on shift first, takes the PIN by touch and keyboard, and says what is wrong', async () => {
    const onsignin = vi.fn(async () => '密码不对')
    render(SignIn, { ...base, pin_length: 4, onsignin })
    const tiles = screen.getAllByTestId(/^person-/)
    expect(tiles.map((tile) => tile.dataset.testid)).toEqual(['person-b', 'person-a'])

    await fireEvent.click(tiles[0]!)
    await fireEvent.click(screen.getByTestId('pin-1'))
    await fireEvent.click(screen.getByTestId('pin-9'))
    await fireEvent.click(screen.getByTestId('pin-erase'))
    await fireEvent.keyDown(window, { key: '2' })
    await fireEvent.keyDown(window, { key: '3' })
    expect(onsignin).not.toHaveBeenCalled()
    // How many digits stand there is said; which ones is not.
    const dots = within(screen.getByTestId('pin')).getByRole('status')
    expect([dots.getAttribute('aria-label'), dots.textContent]).toEqual(['已输入 3 位，共 4 位', ''])
    await fireEvent.keyDown(window, { key: '4' })
    expect(onsignin.mock.calls).toEqual([['b', '1234']])
    await vi.waitFor(() => expect(screen.getByTestId('pin-problem').textContent).toBe('密码不对'))
  })

  it('opens locked at the person who left, and lets somebody else in', async () => {
    render(SignIn, { ...base, locked_by: 'a', onsignin: async () => null })
    expect(screen.getByText('已锁屏，请输入数字密码')).toBeTruthy()
    await fireEvent.click(screen.getByTestId('sign-in-back'))
    expect(screen.getAllByTestId(/^person-/)).toHaveLength(2)
  })

  it('has the emergency numbers one tap away', async () => {
    render(SignIn, { ...base, onsignin: async () => null })
    await fireEvent.click(screen.getByTestId('emergency-key'))
    const sheet = await screen.findByTestId('emergency-sheet')
    expect(within(sheet).getByTestId('emergency-call').getAttribute('href')).toBe('tel:0591119')
    expect(sheet.textContent).toContain('从未核验')
  })

  it('changes its language in place', async () => {
    render(SignIn, { ...base, onsignin: async () => null })
    expect(screen.getByText('谁来值班？')).toBeTruthy()
    language.current = 'en'
    await tick()
    expect(screen.getByText('Who is on duty?')).toBeTruthy()
  })
})
