const PLAIN = ['accept', 'depart', 'arrive', 'start', 'resume'] as const
type Plain = (typeof PLAIN)[number]

/** Steps that need nothing but the tap; every other one asks for something first. */
export const isPlain = (action: string): action is Plain => (PLAIN as readonly string[]).includes(action)
