import type { PinNow, Tone } from '@/ipc'

/** Names a pin among those of its plan. */
export const pinKey = (pin: PinNow): string => pin.of.checkpoint ?? `building ${String(pin.of.building)}`

/** A drawing as a picture: whatever an SVG brings, as the source of an image it is looked at and never run. */
export const sourceOf = (drawing: string): string =>
  drawing.startsWith('data:image/') ? drawing : `data:image/svg+xml;charset=utf-8,${encodeURIComponent(drawing)}`

const GRAVITY: Record<Tone, number> = { alert: 0, waiting: 1, active: 2, calm: 3, done: 4, off: 5 }

/** What wants looking at stands first; among equals the plan's order. */
export const worstFirst = (pins: readonly PinNow[]): PinNow[] =>
  [...pins].sort((one, other) => GRAVITY[one.tone] - GRAVITY[other.tone])
