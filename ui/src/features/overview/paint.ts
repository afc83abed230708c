/** The colours and the letters of a chart, taken from the tokens of the light that is on. */
export interface Paint {
  ink: string
  soft: string
  rule: string
  well: string
  ok: string
  soon: string
  over: string
  run: string
  held: string
  idle: string
  onState: string
  font: string
  /** Size of the letters in px. */
  size: number
}

export function paintOf(element: Element): Paint {
  const style = getComputedStyle(element)
  const token = (name: string): string => style.getPropertyValue(`--${name}`).trim()
  return {
    ink: token('ink'),
    soft: token('ink-soft'),
    rule: token('rule'),
    well: token('well'),
    ok: token('ok'),
    soon: token('soon'),
    over: token('over'),
    run: token('run'),
    held: token('held'),
    idle: token('idle'),
    onState: token('on-state'),
    font: style.fontFamily,
    size: Number.parseFloat(style.fontSize) || 15,
  }
}
