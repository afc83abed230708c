import { m } from '@/paraglide/messages.js'
import { session } from '@/session.svelte'
import type { Ask, Choice, Filled } from '../ask'

const lines = () => session.app?.lines ?? []
const isInbound = (name: unknown): boolean => lines().some((line) => line.name === name && line.inbound_only)

/** The lines of the centre, those one may call from first. */
export const lineChoices = (): Choice[] =>
  [...lines()]
    .sort((a, b) => Number(a.inbound_only ?? false) - Number(b.inbound_only ?? false))
    .map((line) => ({ value: line.name ?? '', label: line.inbound_only ? m.line_inbound({ line: line.name ?? '' }) : (line.name ?? '') }))

/** D2.7.3: from which line somebody was called; the hotline wants a reason. Asked only where `called` says it was a call. */
export function outgoing(called: (form: Filled) => boolean = () => true): Ask[] {
  const options = lineChoices()
  const [first] = options
  if (!first) return []
  return [
    { name: 'outgoing.line', label: m.ask_line(), type: 'choice', options, initial: first.value, when: called },
    { name: 'outgoing.hotline_reason', label: m.ask_hotline_reason(), type: 'text', when: (form) => called(form) && isInbound(form['outgoing.line']) },
  ]
}

export const byPhone = (form: Filled): boolean => form['method'] === 'phone'
