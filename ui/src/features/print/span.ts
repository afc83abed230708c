/** A month as the days that a form is made of: 2026-02 is the 1st to the 28th. */
export function daysOf(month: string): { from: string; to: string } {
  const [year = 0, of = 1] = month.split('-').map(Number)
  const last = new Date(Date.UTC(year, of, 0)).getUTCDate()
  return { from: `${month}-01`, to: `${month}-${String(last).padStart(2, '0')}` }
}
