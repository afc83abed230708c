import type { Tone } from '@/design/states'
import type { Urgency } from '@/ipc'
import { m } from '@/paraglide/messages.js'

const LOOK: Record<Urgency, { tone: Tone; word: () => string }> = {
  critical: { tone: 'over', word: m.tablet_urgency_critical },
  urgent: { tone: 'soon', word: m.tablet_urgency_urgent },
  normal: { tone: 'idle', word: m.tablet_urgency_normal },
  planned: { tone: 'idle', word: m.tablet_urgency_planned },
}

export const urgencyTone = (urgency: Urgency): Tone => LOOK[urgency].tone
export const urgencyWord = (urgency: Urgency): string => LOOK[urgency].word()
export const urgencies = (): { value: Urgency; label: string; tone: Tone }[] =>
  (Object.keys(LOOK) as Urgency[]).map((value) => ({ value, label: urgencyWord(value), tone: urgencyTone(value) }))
