import type { ItemResult, Outcome, StopView } from '@/ipc'

/** What was tapped and typed at one stop and is not saved yet, by item. */
export type Answers = Record<string, { outcome?: Outcome | null; reading?: string; note?: string }>

/** How an item stands: as answered now, else as found or saved before; null when nobody said anything. */
export function outcomeOf(stop: StopView, answers: Answers, key: string): Outcome | null {
  const found = stop.findings.some((finding) => finding.item_key === key)
  return answers[key]?.outcome ?? (found ? 'abnormal' : (stop.results.find((result) => result.key === key)?.outcome ?? null))
}

/** Everything the stop's checklist amounts to when what was left unanswered is normal. */
export function restNormal(stop: StopView, answers: Answers): ItemResult[] {
  return stop.checklist.map((item) => {
    const before = stop.results.find((result) => result.key === item.key)
    const reading = (answers[item.key]?.reading ?? before?.reading ?? '').trim()
    return {
      key: item.key,
      name: item.name,
      outcome: outcomeOf(stop, answers, item.key) ?? 'normal',
      reading: reading || null,
      note: answers[item.key]?.note ?? before?.note ?? '',
    }
  })
}

export const isEmpty = (answers: Answers): boolean =>
  Object.values(answers).every(({ outcome, reading, note }) => !outcome && !reading?.trim() && !note?.trim())
