import type { PatrolRunView } from '@/ipc'

/** What a scan turned out to be, seen from the point that was open on the screen. */
export type Scanned =
  | { kind: 'here'; stop: number; name: string }
  /** Another point of this run. */
  | { kind: 'other'; stop: number; name: string; expected: string }
  /** A point of the site that this run does not pass. */
  | { kind: 'foreign'; name: string; expected: string | null }

export function readScan(view: PatrolRunView): Scanned | null {
  const scan = view.last_scan
  if (!scan) return null
  const nameOf = (index: number | null): string | null => view.stops.find((stop) => stop.index === index)?.name ?? null
  const expected = nameOf(scan.expected_stop)
  if (scan.stop === null) return { kind: 'foreign', name: scan.name, expected }
  if (expected !== null && scan.expected_stop !== scan.stop) return { kind: 'other', stop: scan.stop, name: scan.name, expected }
  return { kind: 'here', stop: scan.stop, name: scan.name }
}
