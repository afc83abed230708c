import { m } from '@/paraglide/messages.js'
import { reason, type Asking } from '../ask'

export const spotPlan: Asking<'spot_plan'> = {
  asks: ({ action }) => (action === 'draw_again' ? [reason()] : []),
  plain: ['draw'],
}

export const spotCheck: Asking<'spot_check'> = {
  asks: ({ action }) => {
    switch (action) {
      case 'sign':
      case 'sign_here':
        return [
          { name: 'opinion', label: m.spot_opinion(), type: 'area' },
          { name: 'signature', label: m.spot_signature(), type: 'signature' },
        ]
      case 'rectify':
        return [{ name: 'result', label: m.spot_rectified(), type: 'area' }]
      default:
        return []
    }
  },
}
