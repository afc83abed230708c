/** One line of the 《应急联系电话表》. */
export interface EmergencyContact {
  id: string
  kind: ContactKind
  name: string
  phone: string
  person?: string
  /** 适用事项 */
  matters?: string
  /** When somebody last called it to check; null if never. */
  verified_at: number | null
  verified_by?: string
}

export type ContactKind = 'police' | 'fire' | 'medical' | 'water' | 'gas' | 'power' | 'lift' | 'flood' | 'community' | 'internal' | 'other'

const DAY_MS = 86_400_000

/** A number that was not checked for this long is shown in amber (D1.1.6; a setting of the site). */
export function isStale(contact: EmergencyContact, now: number, days: number): boolean {
  return contact.verified_at === null || now - contact.verified_at > days * DAY_MS
}
