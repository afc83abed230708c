import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { Typed } from './typed.svelte'

beforeEach(() => vi.useFakeTimers())
afterEach(() => vi.useRealTimers())

type Kept = [string, object]

it('keeps a group of keystrokes as one and only what changed', async () => {
  const kept: Kept[] = []
  const typed = new Typed({ weather: '', remark: '' }, async (record, changed) => void kept.push([record, changed]))
  typed.follow('r1', { weather: 'a', remark: 'b' })
  for (const text of ['晴', '晴转', '晴转多云']) typed.type('weather', text)
  expect(typed.pending).toBe(true)
  await vi.runAllTimersAsync()
  expect(kept).toEqual([['r1', { weather: '晴转多云' }]])
  expect(typed.pending).toBe(false)
})

it('does not take away what is being typed when the book changes', async () => {
  const typed = new Typed({ weather: '', remark: '' }, async () => {})
  typed.follow('r1', { weather: '', remark: '' })
  typed.type('weather', '雨')
  typed.follow('r1', { weather: '', remark: '别人写的' })
  expect(typed.fields).toEqual({ weather: '雨', remark: '别人写的' })
  await typed.now()
  typed.follow('r1', { weather: '雪', remark: '别人写的' })
  expect(typed.fields.weather).toBe('雪')
})

it('keeps what was typed in the record it was typed in, though another day is shown by then', async () => {
  const kept: Kept[] = []
  const typed = new Typed({ text: '' }, async (record, changed) => void kept.push([record, changed]))
  typed.follow('monday', { text: '' })
  typed.type('text', '停水')
  typed.follow('tuesday', { text: '晴' })
  expect(typed.fields.text).toBe('晴')
  await vi.runAllTimersAsync()
  expect(kept).toEqual([['monday', { text: '停水' }]])
})

it('tries again what could not be kept', async () => {
  let full = true
  const kept: Kept[] = []
  const typed = new Typed({ text: '', more: '' }, async (record, changed) => {
    if (full) throw new Error('full')
    kept.push([record, changed])
  })
  typed.follow('r1', { text: '', more: '' })
  typed.type('text', '一')
  await expect(typed.now()).rejects.toThrow('full')
  expect(typed.pending).toBe(true)
  full = false
  typed.type('more', '二')
  await typed.now()
  expect(kept).toEqual([['r1', { text: '一', more: '二' }]])
  expect(typed.pending).toBe(false)
})
