import { cleanup, fireEvent, render, screen, waitFor } from '@testing-library/svelte'
import userEvent from '@testing-library/user-event'
import { tick } from 'svelte'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { keyboard } from '@/shell/keyboard.svelte'
import { drafts, emptyDraft } from './drafts.svelte'
import Register from './Register.svelte'

/** The program behind the window, as far as registration asks it. */
const asked: [string, unknown][] = []
let refuse = false
const answers: Record<string, () => unknown> = {
  search_units: () => [{ unit: 'u1', label: '3-2-1502', place: { zh: '3栋', en: 'building 3' }, occupants: [{ name: '陈先生', phone: '5550-8821' }], matched: '1502' }],
  records: () => [],
  repeats: () => [{ record: 'e1', card: { number: 'KF3-0', title: '报修:漏水', born: 0, state_words: { zh: '待处理', en: 'open' } }, same_unit: false, same_phone: true }],
  people_for: () => [
    { person: 'w1', name: '维修员甲', role: 'worker', role_words: { zh: '维修员', en: 'worker' }, team: '工程部', phone: '', shift: null, open_orders: 0, suits: false },
    { person: 's1', name: '客服主任', role: 'cs_supervisor', role_words: { zh: '客服主任', en: 'supervisor' }, team: '', phone: '', shift: null, open_orders: 0, suits: false },
  ],
  act: () => {
    // What a command refuses arrives as a plain object, not as an error.
    if (refuse) return Promise.reject({ code: 'missing', words: { zh: '请填写内容。', en: 'Say what it is.' } })
    return { record: 'c1', records: [{ id: 'c1', kind: 'contact_record', number: 'KF3-1' }] }
  },
}

let stop = (): void => {}
beforeEach(async () => {
  refuse = false
  asked.length = 0
  drafts.current = emptyDraft()
  drafts.parked = [null, null, null, null]
  vi.stubGlobal('__TAURI_INTERNALS__', {
    transformCallback: () => 1,
    invoke: (command: string, args: unknown) => {
      asked.push([command, args])
      return Promise.resolve(answers[command]?.() ?? 1)
    },
  })
  vi.stubGlobal('__TAURI_EVENT_PLUGIN_INTERNALS__', { unregisterListener: () => {} })
  stop = keyboard.listen()
  render(Register, { onopen: () => {}, called: 0 })
  // The desk is ready to write when its first field has the focus.
  await waitFor(() => expect(document.activeElement).toBe(screen.getByTestId('register-unit')))
})
afterEach(() => {
  stop()
  cleanup()
  vi.unstubAllGlobals()
})

const acts = (): unknown[] => asked.filter(([command]) => command === 'act').map(([, args]) => args)
const field = (testid: string): HTMLInputElement => screen.getByTestId(testid)

describe('the registration desk', () => {
  it('takes name and telephone from the unit, and saves with Ctrl+Enter', async () => {
    const user = userEvent.setup()
    await user.type(field('register-unit'), '1502')
    await waitFor(() => expect(screen.getByTestId('register-unit-option-u1')).toBeTruthy())
    await user.keyboard('{Enter}')
    await waitFor(() => expect(field('register-phone').value).toBe('5550-8821'))
    expect(field('register-unit').value).toBe('3-2-1502')
    expect(document.activeElement).toBe(field('register-summary'))
    await user.keyboard('漏水{Control>}{Enter}{/Control}')
    await waitFor(() => expect(acts()).toHaveLength(1))
    expect(acts()[0]).toMatchObject({
      record: null,
      action: { kind: 'contact_record', action: { do: 'register', unit: 'u1', unit_label: '3-2-1502', name: '陈先生', summary: '漏水' } },
    })
    await waitFor(() => expect(field('register-summary').value).toBe(''))
    expect(document.activeElement).toBe(field('register-unit'))
  })

  it('notes a missed call with Ctrl+M, from its number alone', async () => {
    const user = userEvent.setup()
    await user.type(field('register-phone'), '55508821')
    await user.keyboard('{Control>}m{/Control}')
    await waitFor(() => expect(acts()).toHaveLength(1))
    expect(acts()[0]).toMatchObject({ action: { action: { do: 'register', missed: true, phone: '55508821', category: 'other' } } })
  })

  it('suggests the earlier call of the same number, and repeats it only when somebody says so', async () => {
    const user = userEvent.setup()
    await user.type(field('register-phone'), '55508821')
    await user.click(await screen.findByTestId('register-repeat-is'))
    await user.type(field('register-summary'), '又漏了')
    await user.keyboard('{Control>}{Enter}{/Control}')
    await waitFor(() => expect(acts()).toHaveLength(1))
    expect(acts()[0]).toMatchObject({ action: { action: { repeat_of: { record: 'e1', number: 'KF3-0' } } } })
    await user.type(field('register-phone'), '55508821')
    await screen.findByTestId('register-repeat')
    await user.keyboard('{Control>}{Enter}{/Control}')
    await waitFor(() => expect(acts()).toHaveLength(2))
    expect(acts()[1]).not.toMatchObject({ action: { action: { repeat_of: expect.anything() as unknown } } })
  })

  it('keeps what was typed when it is refused, and says why', async () => {
    refuse = true
    const user = userEvent.setup()
    await user.type(field('register-summary'), '漏水')
    await user.keyboard('{Control>}{Enter}{/Control}')
    expect((await screen.findByTestId('register-problem')).textContent).toContain('请填写内容。')
    expect(field('register-summary').value).toBe('漏水')
  })

  it('does not save with an Enter of the input method', async () => {
    const summary = field('register-summary')
    summary.focus()
    await fireEvent.keyDown(summary, { key: 'Enter', ctrlKey: true, keyCode: 229 })
    await fireEvent.keyDown(summary, { key: 'Enter', ctrlKey: true, isComposing: true })
    await tick()
    expect(acts()).toEqual([])
  })

  it('parks a call with Alt+1 and takes it up again', async () => {
    const user = userEvent.setup()
    await user.type(field('register-summary'), '漏水')
    await user.keyboard('{Alt>}1{/Alt}')
    await waitFor(() => expect(field('register-summary').value).toBe(''))
    expect(screen.getByTestId('register-park-1').dataset.held).toBe('yes')
    await user.keyboard('{Alt>}1{/Alt}')
    await waitFor(() => expect(field('register-summary').value).toBe('漏水'))
  })

  it('saves and sends by keyboard: digits choose, Enter sends', async () => {
    const user = userEvent.setup()
    await user.type(field('register-summary'), '漏水')
    await user.keyboard('{Control>}{Shift>}{Enter}{/Shift}{/Control}')
    const worker = await screen.findByTestId('person-picker-w1')
    await waitFor(() => expect(screen.getByTestId('send-dialog').contains(document.activeElement)).toBe(true))
    await user.keyboard('1')
    await waitFor(() => expect(worker.getAttribute('aria-selected')).toBe('true'))
    expect(field('person-picker-filter').value).toBe('')
    await user.keyboard('{Enter}')
    await waitFor(() => expect(acts()).toHaveLength(1))
    expect(acts()[0]).toMatchObject({ action: { action: { dispatch_to: [{ person: 'w1', name: '维修员甲' }] } } })
    await waitFor(() => expect(screen.queryByTestId('send-dialog')).toBeNull())
  })
})
