import type { ContactView } from '@/ipc'
import { m } from '@/paraglide/messages.js'
import { method, reason, type Ask, type Asking, type Choice } from '../ask'
import type { Intent } from '../asks.svelte'
import { urgencyOptions } from '../look'

export const contactRecord: Asking<'contact_record'> = { asks, plain: ['close'] }

/** 1, 2, 3, and 4 for more than three. */
export const ringChoices = (): Choice[] => ['1', '2', '3', '4'].map((value) => ({ value, label: value === '4' ? '>3' : value }))

function asks({ action }: Intent, view: ContactView | null): Ask[] {
  switch (action) {
    case 'complete': {
      const text = (name: string, label: string, now: string | undefined): Ask[] => (now ? [] : [{ name, label, type: 'text' }])
      return [
        ...text('unit_label', m.field_unit_label(), view?.unit_label),
        ...text('name', m.field_name(), view?.name),
        ...text('phone', m.field_phone(), view?.phone),
        ...(view?.rings === null && view.way === 'call'
          ? [{ name: 'rings', label: m.field_rings(), type: 'choice', options: ringChoices(), empty_is_null: true, numeric: true } as const]
          : []),
        ...(view?.summary ? [] : [{ name: 'summary', label: m.field_summary(), type: 'area' } as const]),
        ...text('handling', m.field_handling(), view?.handling),
      ]
    }
    case 'make_order':
      return [
        { name: 'title', label: m.ask_title(), type: 'text', ...(view && { initial: view.summary.split('\n')[0]?.slice(0, 40) ?? '' }) },
        { name: 'urgency', label: m.ask_urgency(), type: 'choice', options: urgencyOptions(), ...(view && { initial: view.urgency }) },
        { name: 'dispatch_to', label: m.ask_send_at_once(), type: 'people' },
      ]
    case 'answer':
      return [{ name: 'result', label: m.ask_result(), type: 'area', phrases: [m.phrase_explained(), m.phrase_passed_on()] }]
    case 'follow_up':
      return [method(), { name: 'opinion', label: m.ask_suggestion(), type: 'area' }]
    case 'reopen':
      return [reason()]
    case 'mark_repeat':
      return [{ name: 'record', label: m.ask_earlier(), type: 'earlier' }]
    default:
      return []
  }
}
