import type { PointGroup } from 'signature_pad'

/**
 * A handwritten signature as vectors: small, sharp at any size, printable.
 *
 * Units are tenths of a percent of the pad's *width*, so the same drawing fits any paper. A stroke
 * is a flat list x0, y0, dx1, dy1, dx2, dy2, … (first point absolute, the others as steps).
 */
export interface Signature {
  v: 1
  /** Width of the pad, always 1000. */
  w: 1000
  /** Height of the pad in the same units. */
  h: number
  strokes: number[][]
}

export function fromPointGroups(groups: PointGroup[], width_px: number, height_px: number): Signature {
  const scale = 1000 / Math.max(1, width_px)
  const strokes = groups
    .map((group) => {
      let x = 0
      let y = 0
      const flat: number[] = []
      for (const point of group.points) {
        const nx = Math.round(point.x * scale)
        const ny = Math.round(point.y * scale)
        if (flat.length > 0 && nx === x && ny === y) continue
        flat.push(flat.length === 0 ? nx : nx - x, flat.length === 0 ? ny : ny - y)
        x = nx
        y = ny
      }
      return flat
    })
    .filter((stroke) => stroke.length >= 2)
  return { v: 1, w: 1000, h: Math.round(height_px * scale), strokes }
}

/** Absolute points of every stroke, in signature units. */
export function pointsOf(signature: Signature): { x: number; y: number }[][] {
  return signature.strokes.map((stroke) => {
    const points: { x: number; y: number }[] = []
    let x = 0
    let y = 0
    for (let i = 0; i + 1 < stroke.length; i += 2) {
      x = i === 0 ? (stroke[0] ?? 0) : x + (stroke[i] ?? 0)
      y = i === 0 ? (stroke[1] ?? 0) : y + (stroke[i + 1] ?? 0)
      points.push({ x, y })
    }
    return points
  })
}

/** An SVG path for `viewBox="0 0 1000 h"`; smooth through the midpoints, a dot for a tap. */
export function toSvgPath(signature: Signature): string {
  return pointsOf(signature)
    .map((points) => {
      const [start, ...rest] = points
      if (!start) return ''
      if (rest.length === 0) return `M${start.x} ${start.y}h0`
      let path = `M${start.x} ${start.y}`
      for (let i = 0; i < rest.length; i++) {
        const p = rest[i]!
        const next = rest[i + 1]
        path += next
          ? `Q${p.x} ${p.y} ${Math.round((p.x + next.x) / 2)} ${Math.round((p.y + next.y) / 2)}`
          : `L${p.x} ${p.y}`
      }
      return path
    })
    .join('')
}

export function isBlank(signature: Signature): boolean {
  return signature.strokes.length === 0
}
