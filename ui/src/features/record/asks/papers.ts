import { m } from '@/paraglide/messages.js'
import { reason, type Ask, type Asking } from '../ask'

const area = (name: string, label: string): Ask => ({ name, label, type: 'area' })

export const journal: Asking<'journal'> = {
  asks: ({ action }) => {
    switch (action) {
      case 'continue':
        return [area('process', m.ask_process())]
      case 'settle':
        return [area('result', m.journal_result())]
      default:
        return []
    }
  },
}

export const dailyReport: Asking<'daily_report'> = {
  asks: ({ action }) => (action === 'review' ? [area('opinion', m.report_opinion())] : []),
  plain: ['sign', 'sign_anew', 'take_over'],
  elsewhere: ['write'],
}

export const workLog: Asking<'work_log'> = {
  asks: ({ action }) => (action === 'note_receipt' ? [{ name: 'receipt', label: m.ask_receipt(), type: 'text' }] : []),
  plain: ['sign'],
  elsewhere: ['write', 'note_export'],
}

export const monthSeal: Asking<'month_seal'> = { asks: () => [], plain: ['seal', 'supplement'] }

export const archiveItem: Asking<'archive_item'> = {
  asks: ({ action }) => {
    switch (action) {
      case 'receive':
      case 'move':
        return [{ name: 'place', label: m.archive_ask_place(), type: 'text' }]
      case 'propose_destruction':
        return [area('basis', m.archive_ask_basis())]
      case 'withdraw_destruction':
        return [reason()]
      default:
        return []
    }
  },
}
