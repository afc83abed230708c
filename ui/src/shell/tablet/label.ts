import { say } from '@/i18n/say'
import type { Words } from '@/ipc'

/** The words of an offer as they stand on a key: English begins with a capital letter there. */
export function label(words: Words): string {
  const text = say(words)
  return text.charAt(0).toUpperCase() + text.slice(1)
}
