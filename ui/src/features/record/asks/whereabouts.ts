import { PRESENCES, presenceTone, presenceWord } from '@/features/whereabouts/presence'
import { m } from '@/paraglide/messages.js'
import type { Asking } from '../ask'

export const whereabouts: Asking<'whereabouts'> = {
  asks: (_, view) => {
    const last = view?.declared.at(-1)?.said
    return [
      {
        name: 'presence',
        label: m.where_state(),
        type: 'choice',
        options: PRESENCES.map((value) => ({ value, label: presenceWord(value), tone: presenceTone[value] })),
        initial: last?.presence ?? 'on_site',
      },
      { name: 'place', label: m.where_place(), type: 'text' },
      { name: 'reason', label: m.where_reason(), type: 'text' },
      { name: 'back_at', label: m.where_back_at(), type: 'when', optional: true },
    ]
  },
}
