import { book, onBookChanged, onSyncChanged, type AppState, type EmergencyShown, type Failure, type SyncShown } from '@/ipc'
import { failureOf } from '@/ipc/ask.svelte'
import { zone } from '@/i18n/zone.svelte'
import type { ContactKind, EmergencyContact } from '@/shell/contacts'
import type { DutyLine } from '@/shell/duty-line'
import type { SyncState } from '@/shell/sync-state'

const KIND: Record<EmergencyShown['contact']['category'], ContactKind> = {
  police: 'police',
  fire_brigade: 'fire',
  hospital: 'medical',
  water: 'water',
  gas: 'gas',
  power: 'power',
  lift: 'lift',
  neighbourhood: 'community',
  flood: 'flood',
  internal: 'internal',
}

/** Who and what this window is about: the device, the person, the sync word, the emergency contacts. */
class Session {
  /** The device's state; undefined until the program has answered once. */
  app = $state.raw<AppState | undefined>(undefined)
  /** Why there is no book: not enrolled, damaged, newer. */
  failure = $state.raw<Failure | undefined>(undefined)
  sync = $state.raw<SyncShown | undefined>(undefined)
  contacts = $state.raw<readonly EmergencyContact[]>([])

  readonly person = $derived(this.app?.person ?? null)
  readonly role = $derived(this.app?.device?.role ?? null)
  readonly duty = $derived<DutyLine>({
    post: this.app?.device?.label ?? '',
    shift: this.app?.shift ?? '',
    person: this.app?.person?.name ?? '',
  })
  readonly syncState = $derived<SyncState>(syncStateOf(this.sync))

  /** Asks for everything again. */
  async refresh(): Promise<void> {
    try {
      this.app = await book.appState()
      zone.minutes = this.app.zone
      this.failure = undefined
      this.sync = await book.syncShown()
      this.contacts = (await book.emergencyContacts()).flatMap(linesOf)
    } catch (problem) {
      this.failure = failureOf(problem)
    }
  }

  /** Signs in; answers what is wrong in words, or nothing. */
  async signIn(person: string, pin: string): Promise<Failure | null> {
    try {
      await book.signIn(person, pin)
      await this.refresh()
      return null
    } catch (problem) {
      return failureOf(problem)
    }
  }

  async signOut(): Promise<void> {
    await book.signOut()
    await this.refresh()
  }

  /** Follows the book while the window is open; the result ends it. */
  follow(): () => void {
    void this.refresh()
    const ends = [
      onBookChanged(() => void this.refresh()),
      onSyncChanged((sync) => (this.sync = sync)),
    ]
    return () => ends.forEach((end) => end())
  }
}

function syncStateOf(sync: SyncShown | undefined): SyncState {
  if (!sync) return { kind: 'synced' }
  if (sync.word === 'synced') return { kind: 'synced', pictures: sync.pictures }
  if (sync.word === 'sending') return { kind: 'waiting', undelivered: sync.undelivered }
  return { kind: 'offline', since: sync.offline_since ?? sync.last_contact ?? Date.now(), undelivered: sync.undelivered }
}

function linesOf({ id, contact }: EmergencyShown): EmergencyContact[] {
  return contact.phones.map((phone, at) => ({
    id: at === 0 ? id : `${id}-${at}`,
    kind: KIND[contact.category],
    name: contact.name,
    phone,
    verified_at: contact.verified_on ? Date.parse(contact.verified_on) : null,
    ...(contact.person && { person: contact.person }),
    ...(contact.when && { matters: contact.when }),
  }))
}

export const session = new Session()
