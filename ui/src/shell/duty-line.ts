/** Who works where on which shift; the line that every screen carries. */
export interface DutyLine {
  post: string
  shift: string
  person: string
}
