/**
 * A typed router over the part after `#`. Patterns are `/patrols/:run`; names and parameters are
 * checked by the compiler. Unknown addresses lead to the first route of the table.
 */
type ParamNames<P extends string> = P extends `${string}:${infer Name}/${infer Rest}`
  ? Name | ParamNames<`/${Rest}`>
  : P extends `${string}:${infer Name}`
    ? Name
    : never

export type ParamsOf<P extends string> = { [Name in ParamNames<P>]: string }

export type Table = Record<string, `/${string}`>

export type Place<T extends Table> = { [Name in keyof T & string]: { name: Name; params: ParamsOf<T[Name]> } }[keyof T & string]

type Args<P extends string> = [ParamNames<P>] extends [never] ? [] : [params: ParamsOf<P>]

export interface Router<T extends Table> {
  readonly current: Place<T>
  href<N extends keyof T & string>(name: N, ...args: Args<T[N]>): string
  go<N extends keyof T & string>(name: N, ...args: Args<T[N]>): void
  back(): void
}

export function match<T extends Table>(table: T, hash: string): Place<T> {
  const path = hash.replace(/^#/, '').split('?')[0] || '/'
  const parts = path.split('/').filter(Boolean)
  for (const [name, pattern] of Object.entries(table)) {
    const wanted = pattern.split('/').filter(Boolean)
    if (wanted.length !== parts.length) continue
    const params: Record<string, string> = {}
    const fits = wanted.every((want, i) => {
      const part = parts[i] ?? ''
      if (!want.startsWith(':')) return want === part
      const value = decoded(part)
      if (value === null) return false
      params[want.slice(1)] = value
      return true
    })
    if (fits) return { name, params } as Place<T>
  }
  return { name: Object.keys(table)[0], params: {} } as Place<T>
}

function decoded(part: string): string | null {
  try {
    return decodeURIComponent(part)
  } catch {
    return null
  }
}

export function createRouter<T extends Table>(table: T): Router<T> {
  let current = $state.raw(match(table, location.hash))
  window.addEventListener('hashchange', () => {
    current = match(table, location.hash)
  })
  const href: Router<T>['href'] = (name, ...args) => {
    const params = (args[0] ?? {}) as Record<string, string>
    return '#' + (table[name] as string).replace(/:([^/]+)/g, (_, key: string) => encodeURIComponent(params[key] ?? ''))
  }
  return {
    get current() {
      return current
    },
    href,
    go(name, ...args) {
      location.hash = href(name, ...args)
    },
    back() {
      history.back()
    },
  }
}
