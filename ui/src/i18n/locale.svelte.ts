import { baseLocale, isLocale, locales, overwriteGetLocale, type Locale } from '@/paraglide/runtime.js'

/**
 * The language of the screen, reactive: every message function reads it, so a switch redraws the
 * words in place and nothing that was typed is lost.
 */
let current = $state<Locale>(baseLocale)
overwriteGetLocale(() => current)

export { locales, isLocale, type Locale }

export const language = {
  get current(): Locale {
    return current
  },
  set current(next: Locale) {
    current = next
    document.documentElement.lang = next === 'zh' ? 'zh-CN' : next
  },
}
