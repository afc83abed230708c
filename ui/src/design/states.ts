/**
 * How a state looks: a shape, a colour token and a word always go together, so that neither the
 * sun nor colour blindness takes the meaning away. The word comes from the caller.
 */
export type Tone = 'ok' | 'soon' | 'over' | 'run' | 'held' | 'idle'

/** The outline that stands for a tone; drawn by `StateShape.svelte`. */
export type Shape = 'disc-check' | 'triangle' | 'octagon' | 'half-disc' | 'diamond' | 'ring'

export const shapeOf: Record<Tone, Shape> = {
  ok: 'disc-check',
  soon: 'triangle',
  over: 'octagon',
  run: 'half-disc',
  held: 'diamond',
  idle: 'ring',
}
