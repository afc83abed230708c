import { describe, expect, it } from 'vitest'
import tokens from './tokens.css?raw'

type Theme = Record<string, string>

function themeOf(name: string): Theme {
  const block = new RegExp(`\\[data-theme='${name}'\\]\\s*\\{([^}]*)\\}`).exec(tokens)?.[1] ?? ''
  return Object.fromEntries([...block.matchAll(/--([\w-]+):\s*(#[0-9a-f]{6});/g)].map((hit) => [hit[1]!, hit[2]!]))
}

function luminance(hex: string): number {
  const [r, g, b] = [1, 3, 5].map((at) => {
    const c = parseInt(hex.slice(at, at + 2), 16) / 255
    return c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4
  }) as [number, number, number]
  return 0.2126 * r + 0.7152 * g + 0.0722 * b
}

function contrast(a: string, b: string): number {
  const [light, dark] = [luminance(a), luminance(b)].sort((x, y) => y - x) as [number, number]
  return (light + 0.05) / (dark + 0.05)
}

const states = ['ok', 'soon', 'over', 'run', 'held', 'idle']
/** Every pair of words on a ground that the components make. */
const words: [string, string][] = [
  ...['ground', 'panel', 'well', 'key-face', 'accent-soft'].flatMap((on): [string, string][] => [
    ['ink', on],
    ['ink-soft', on],
    ['accent', on],
  ]),
  ['on-accent', 'accent'],
  ['on-primary', 'primary'],
  ['on-sos', 'sos'],
  ['on-rail', 'rail'],
  ['on-rail-soft', 'rail'],
  ['on-rail', 'rail-key'],
  ['on-rail-soft', 'rail-key'],
  ...states.flatMap((state): [string, string][] => [
    [state, `${state}-soft`],
    [state, 'panel'],
    [state, 'ground'],
    [state, 'key-face'],
    [state, 'accent-soft'],
    ['on-state', state],
  ]),
]
/** Lines and rings that carry meaning. */
const marks: [string, string][] = [
  ['rule-strong', 'panel'],
  ['rule-strong', 'key-face'],
  ['rule-strong', 'well'],
  ['focus', 'panel'],
  ['focus', 'ground'],
  ['focus', 'well'],
  ['margin-line', 'panel'],
]

describe.each([
  ['day', 4.5],
  ['sun', 7],
  ['night', 4.5],
])('theme %s', (name, least) => {
  const theme = themeOf(name)
  const of = (token: string): string => theme[token] ?? expect.fail(`${name} has no --${token}`)

  it.each(words)(`--%s on --%s is at least ${least}:1`, (front, back) => {
    expect(contrast(of(front), of(back))).toBeGreaterThanOrEqual(least)
  })

  it.each(marks.filter(([front]) => front !== 'margin-line' || name !== 'night'))('--%s on --%s is seen (3:1)', (front, back) => {
    expect(contrast(of(front), of(back))).toBeGreaterThanOrEqual(3)
  })
})

it('all themes have the same tokens', () => {
  const names = (name: string): string[] => Object.keys(themeOf(name)).sort()
  expect(names('sun')).toEqual(names('day'))
  expect(names('night')).toEqual(names('day'))
  expect(names('day').length).toBeGreaterThan(30)
})

it('night stands on true black and sun on true white', () => {
  expect(themeOf('night').ground).toBe('#000000')
  expect(themeOf('sun').ground).toBe('#ffffff')
})
