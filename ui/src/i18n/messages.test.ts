import { describe, expect, it } from 'vitest'
import settings from '../../project.inlang/settings.json'

const files = import.meta.glob<Record<string, unknown>>('../../messages/**/*.json', { eager: true, import: 'default' })
const patterns = settings['plugin.inlang.messageFormat'].pathPattern

const inputs = (text: unknown): string[] => [...JSON.stringify(text).matchAll(/\{(\w+)\}/g)].map((hit) => hit[1]!).sort()
const load = (pattern: string, locale: string): Record<string, unknown> => {
  const { $schema: _, ...messages } = files[pattern.replace('{locale}', locale).replace('./', '../../')] ?? {}
  return messages
}

describe.each(patterns)('%s', (pattern) => {
  const zh = load(pattern, 'zh')
  const en = load(pattern, 'en')

  it('has the same messages in both languages, none of them empty', () => {
    expect(Object.keys(zh).length).toBeGreaterThan(0)
    expect(Object.keys(en).sort()).toEqual(Object.keys(zh).sort())
    for (const [key, text] of [...Object.entries(zh), ...Object.entries(en)]) {
      expect(JSON.stringify(text).trim(), key).not.toBe('""')
    }
  })

  it('has the same inputs in both languages', () => {
    for (const key of Object.keys(zh)) expect(inputs(en[key]), key).toEqual(inputs(zh[key]))
  })

  it('sets Chinese with Chinese punctuation', () => {
    for (const [key, text] of Object.entries(zh)) {
      if (typeof text === 'string') expect(text, key).not.toMatch(/[\u3400-\u9fff][,;?!]|[,;?!][\u3400-\u9fff]/)
    }
  })
})

it('no message is defined in two files, where the last would silently win', () => {
  const all = patterns.flatMap((pattern) => Object.keys(load(pattern, 'zh')))
  expect(all.filter((key, at) => all.indexOf(key) !== at)).toEqual([])
})

it('every file of messages is compiled', () => {
  const compiled = patterns.flatMap((p) => settings.locales.map((locale) => p.replace('{locale}', locale).replace('./', '../../')))
  expect(Object.keys(files).sort()).toEqual(compiled.sort())
})
