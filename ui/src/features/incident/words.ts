import Bolt from '@lucide/svelte/icons/zap-off'
import Building from '@lucide/svelte/icons/building-2'
import CircleAlert from '@lucide/svelte/icons/circle-alert'
import Droplets from '@lucide/svelte/icons/droplets'
import Flame from '@lucide/svelte/icons/flame'
import HeartPulse from '@lucide/svelte/icons/heart-pulse'
import LockOpen from '@lucide/svelte/icons/lock-open'
import Swords from '@lucide/svelte/icons/swords'
import Wind from '@lucide/svelte/icons/wind'
import type { LucideIcon } from '@lucide/svelte'
import type { EvidenceSort, IncidentGrade, IncidentCategory, Presence } from '@/ipc'
import type { Tone } from '@/design/states'
import { m } from '@/paraglide/messages.js'

export const CATEGORIES: readonly IncidentCategory[] = ['fire', 'flood', 'lift', 'power', 'gas', 'theft', 'fight', 'medical', 'other']

export const categoryIcon: Record<IncidentCategory, LucideIcon> = {
  fire: Flame,
  flood: Droplets,
  lift: Building,
  power: Bolt,
  gas: Wind,
  theft: LockOpen,
  fight: Swords,
  medical: HeartPulse,
  other: CircleAlert,
}

export const categoryWord = (category: IncidentCategory): string =>
  ({
    fire: m.inc_cat_fire,
    flood: m.inc_cat_flood,
    lift: m.inc_cat_lift,
    power: m.inc_cat_power,
    gas: m.inc_cat_gas,
    theft: m.inc_cat_theft,
    fight: m.inc_cat_fight,
    medical: m.inc_cat_medical,
    other: m.inc_cat_other,
  })[category]()

export const GRADES: readonly IncidentGrade[] = ['ordinary', 'serious', 'grave']
export const gradeWord = (grade: IncidentGrade): string => ({ ordinary: m.inc_grade_ordinary, serious: m.inc_grade_serious, grave: m.inc_grade_grave })[grade]()

export const PRESENCES: readonly Presence[] = ['coming', 'there', 'left']
export const presenceWord = (presence: Presence): string => ({ coming: m.inc_presence_coming, there: m.inc_presence_there, left: m.inc_presence_left })[presence]()
export const presenceTone: Record<Presence, Tone> = { coming: 'run', there: 'ok', left: 'idle' }

export const SORTS: readonly EvidenceSort[] = ['photo', 'cctv', 'recording', 'witness', 'thing', 'document']
export const sortWord = (sort: EvidenceSort): string =>
  ({
    photo: m.inc_sort_photo,
    cctv: m.inc_sort_cctv,
    recording: m.inc_sort_recording,
    witness: m.inc_sort_witness,
    thing: m.inc_sort_thing,
    document: m.inc_sort_document,
  })[sort]()
