/** What a page of the desk or a screen of the tablet says about itself. */
import type { LucideIcon } from '@lucide/svelte'
import type { Component } from 'svelte'
import type { RecordId, Role } from '@/ipc'
import { m } from '@/paraglide/messages.js'

/** Under which heading it stands among all pages. */
export type Group = 'shift' | 'service' | 'safety' | 'papers' | 'people' | 'site'

export const GROUPS: readonly Group[] = ['shift', 'service', 'safety', 'papers', 'people', 'site']

export const groupWord = (group: Group): string =>
  ({
    shift: m.group_shift,
    service: m.group_service,
    safety: m.group_safety,
    papers: m.group_papers,
    people: m.group_people,
    site: m.group_site,
  })[group]()

/** Who supervises: decides, approves, checks (as `Role::supervises` in the book). */
export const SUPERVISORS: readonly Role[] = ['cs_supervisor', 'cs_manager', 'duty_manager', 'project_manager', 'company_oncall']

export interface Page<Name extends string = string> {
  /** Its name among the routes. */
  name: Name
  group: Group
  label: () => string
  /** The second line of its tile. */
  note?: () => string
  icon: LucideIcon
  /** Whom it is for; everybody when left out. */
  roles?: readonly Role[]
  component: Component<PageProps>
}

export interface PageProps {
  /** Opens a record beside the page. */
  onopen: (record: RecordId) => void
}

/** The pages that somebody in this role sees. */
export function pagesFor<Name extends string>(pages: readonly Page<Name>[], role: Role | undefined): Page<Name>[] {
  return pages.filter((page) => !page.roles || (role !== undefined && page.roles.includes(role)))
}
