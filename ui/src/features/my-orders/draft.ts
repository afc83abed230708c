import type {
  Charge,
  Confirm,
  Finish,
  FollowUp,
  FollowUpMethod,
  Material,
  Opinion,
  PauseWhy,
  PersonRef,
  PhotoPhase,
  PictureKept,
  Urgency,
  WorkOrderAction,
} from '@/ipc'
import type { Signature } from '@/design/signature'

/** A line of material as it is typed. */
export interface MaterialTyped {
  name: string
  quantity: string
  unit: string
  price: string
}

/** Everything a step may ask for. One shape for all, so that what was typed stays when something is wrong. */
export interface StepDraft {
  text: string
  why: PauseWhy[]
  people: string[]
  urgency: Urgency | null
  fact: string[]
  phase: PhotoPhase
  picture: PictureKept | null
  minutes: number
  charge: Charge
  labour: string
  materials: MaterialTyped[]
  opinion: Opinion
  signer: string
  method: FollowUpMethod
  satisfied: 'yes' | 'no'
}

export const noMaterial = (): MaterialTyped => ({ name: '', quantity: '1', unit: '', price: '' })

export const emptyDraft = (): StepDraft => ({
  text: '',
  why: [],
  people: [],
  urgency: null,
  fact: [],
  phase: 'during',
  picture: null,
  minutes: 30,
  charge: 'free',
  labour: '',
  materials: [],
  opinion: 'satisfied',
  signer: '',
  method: 'phone',
  satisfied: 'yes',
})

/** A number as people type it, full-width digits and comma included; in the given fraction of one. NaN when it is none. */
export function amountOf(typed: string, per_one: number): number {
  const plain = typed.normalize('NFKC').trim().replace(/,/g, '.')
  if (plain === '') return 0
  const amount = Number(plain)
  return Number.isFinite(amount) && amount >= 0 ? Math.round(amount * per_one) : NaN
}

const materialOf = (typed: MaterialTyped): Material => ({
  name: typed.name.trim(),
  quantity_milli: amountOf(typed.quantity, 1000) || 0,
  unit: typed.unit.trim(),
  price_fen: amountOf(typed.price, 100) || 0,
})

/** The action that a filled-in step stands for; null while something that cannot be left out is missing. */
export function actionOf(step: string, draft: StepDraft, people: readonly PersonRef[], signed: Signature | null): WorkOrderAction | null {
  const text = draft.text.trim()
  const signature = signed ? JSON.stringify(signed) : null
  const to = draft.people.flatMap((id) => people.filter((one) => one.person === id))
  switch (step) {
    case 'refuse':
    case 'void':
      return { do: step, reason: text }
    case 'chase':
      return { do: 'chase', text }
    case 'close':
      return { do: 'close', without_followup_reason: text || null }
    case 'pause':
      return draft.why[0] ? { do: 'pause', why: draft.why[0], note: text } : null
    case 'set_urgency':
      return draft.urgency ? { do: 'set_urgency', urgency: draft.urgency, reason: text } : null
    case 'dispatch':
      return to.length > 0 ? { do: 'dispatch', to } : null
    case 'transfer':
      return to.length > 0 ? { do: 'transfer', to, reason: text } : null
    case 'set_responsible':
      return to[0] ? { do: 'set_responsible', person: to[0], reason: text } : null
    case 'decide_responsible':
      return draft.fact[0] ? { do: 'decide_responsible', fact: draft.fact[0], reason: text } : null
    case 'photo':
      return draft.picture ? { do: 'photo', phase: draft.phase, caption: text, photo: draft.picture.file, original: draft.picture.original } : null
    case 'use_material': {
      const material = draft.materials[0]
      return material ? { do: 'use_material', ...materialOf(material) } : null
    }
    case 'finish': {
      const finish: Finish = {
        process: text,
        materials: draft.materials.filter((one) => one.name.trim() !== '').map(materialOf),
        labour_fen: amountOf(draft.labour, 100) || 0,
        minutes: draft.minutes,
        charge: draft.charge,
      }
      return { do: 'finish', ...finish }
    }
    case 'confirm': {
      const confirm: Confirm = { opinion: draft.opinion, comment: text, signature, signer_name: draft.signer.trim() }
      return { do: 'confirm', ...confirm }
    }
    case 'follow_up': {
      const follow_up: FollowUp = {
        method: draft.method,
        attitude: draft.opinion,
        timeliness: draft.opinion,
        quality: draft.opinion,
        opinion: text,
        satisfied: draft.satisfied === 'yes',
      }
      return { do: 'follow_up', ...follow_up }
    }
    default:
      return null
  }
}
