import type { PersonRef, PersonTile, Role } from '@/ipc'

/** Those who carry out work come first. */
const ORDER: Partial<Record<Role, number>> = { worker: 0, guard: 1, duty_officer: 2, dept_head: 3 }

/** People in the order in which they are usually sent: of the team for it, who carries out work, on shift, least to do. */
export function byReadiness(people: readonly PersonTile[]): PersonTile[] {
  const rank = (tile: PersonTile): number => ORDER[tile.role] ?? 9
  return [...people].sort(
    (a, b) =>
      Number(b.suits) - Number(a.suits) ||
      rank(a) - rank(b) ||
      Number(b.shift !== null) - Number(a.shift !== null) ||
      a.open_orders - b.open_orders ||
      a.name.localeCompare(b.name, 'zh-CN'),
  )
}

export const refOf = ({ person, name }: PersonTile): PersonRef => ({ person, name })

/** Adds or takes away somebody; the order of choosing stays, the first one leads. */
export function toggled(chosen: readonly PersonRef[], who: PersonRef): PersonRef[] {
  return chosen.some((one) => one.person === who.person)
    ? chosen.filter((one) => one.person !== who.person)
    : [...chosen, who]
}
