import type { PointGroup } from 'signature_pad'
import { describe, expect, it } from 'vitest'
import { fromPointGroups, isBlank, pointsOf, toSvgPath } from './signature'

const group = (...points: [number, number][]): PointGroup =>
  ({ points: points.map(([x, y]) => ({ x, y, pressure: 0.5, time: 0 })) }) as PointGroup

describe('a signature', () => {
  it('keeps the drawing in units of the pad, whatever the pad measured', () => {
    const small = fromPointGroups([group([10, 20], [30, 40], [50, 20])], 500, 200)
    const large = fromPointGroups([group([20, 40], [60, 80], [100, 40])], 1000, 400)
    expect(small).toEqual(large)
    expect(small).toEqual({ v: 1, w: 1000, h: 400, strokes: [[20, 40, 40, 40, 40, -40]] })
    expect(pointsOf(small)).toEqual([[{ x: 20, y: 40 }, { x: 60, y: 80 }, { x: 100, y: 40 }]])
  })

  it('becomes a path, and a tap becomes a dot', () => {
    const signature = fromPointGroups([group([0, 0], [100, 0], [100, 100]), group([500, 100])], 1000, 300)
    expect(toSvgPath(signature)).toBe('M0 0Q100 0 100 50L100 100M500 100h0')
  })

  it('is small: standing still adds nothing, and steps do not drift', () => {
    const wobble = Array.from({ length: 300 }, (_, i): [number, number] => [100 + i * 0.37, 50 + Math.sin(i / 9) * 20])
    const signature = fromPointGroups([group(...wobble)], 333, 120)
    const last = pointsOf(signature)[0]!.at(-1)!
    expect(last).toEqual({ x: Math.round(wobble[299]![0] * (1000 / 333)), y: Math.round(wobble[299]![1] * (1000 / 333)) })
    expect(fromPointGroups([group([1, 1], [1, 1], [1.1, 1.1])], 1000, 300).strokes).toEqual([[1, 1]])
  })

  it('knows when nothing was written', () => {
    expect(isBlank(fromPointGroups([], 300, 100))).toBe(true)
    expect(isBlank(fromPointGroups([group([1, 1])], 300, 100))).toBe(false)
  })
})
