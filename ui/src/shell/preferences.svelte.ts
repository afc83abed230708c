import { isLocale, language, type Locale } from '@/i18n/locale.svelte'
import { ticker } from '@/design/ticker.svelte'
import { siteDate } from '@/i18n/zone.svelte'

/**
 * How this device shows things. Kept on the device, never synced, never asked for at start.
 * Applied as attributes of the root element; components only read tokens.
 */
export type ThemeChoice = 'auto' | 'day' | 'sun' | 'night'
export type Theme = Exclude<ThemeChoice, 'auto'>
export type Hand = 'right' | 'left'
export type FrameChoice = 'auto' | 'tablet' | 'desk'
export type Frame = Exclude<FrameChoice, 'auto'>
export type TextScale = 1 | 1.25 | 1.5 | 2

const KEY = 'dutybook.view'
/** From this width on a screen counts as a desk, unless the device says otherwise. */
const DESK_FROM_PX = 1340
/** Hours of the day in which `auto` is night when no shift says so. */
const NIGHT_HOURS = { from: 19, until: 6 }

interface Stored {
  theme: ThemeChoice
  hand: Hand
  frame: FrameChoice
  scale: TextScale
  locale: Locale
}

const oneOf = <T>(value: unknown, allowed: readonly T[], fallback: T): T =>
  allowed.includes(value as T) ? (value as T) : fallback

export function readStored(text: string | null): Stored {
  let raw: Record<string, unknown> = {}
  try {
    const parsed: unknown = JSON.parse(text ?? '{}')
    if (typeof parsed === 'object' && parsed !== null) raw = parsed as Record<string, unknown>
  } catch {
    // A damaged preference is worth nothing; the defaults are.
  }
  return {
    theme: oneOf(raw.theme, ['auto', 'day', 'sun', 'night'], 'auto'),
    hand: oneOf(raw.hand, ['right', 'left'], 'right'),
    frame: oneOf(raw.frame, ['auto', 'tablet', 'desk'], 'auto'),
    scale: oneOf(raw.scale, [1, 1.25, 1.5, 2], 1),
    locale: isLocale(raw.locale) ? raw.locale : 'zh',
  }
}

export function isNight(hour: number): boolean {
  return hour >= NIGHT_HOURS.from || hour < NIGHT_HOURS.until
}

class Preferences {
  theme = $state<ThemeChoice>('auto')
  hand = $state<Hand>('right')
  frame = $state<FrameChoice>('auto')
  scale = $state<TextScale>(1)
  /** What this device was enrolled as; null until that is known. */
  device = $state<Frame | null>(null)
  /** Whether the running shift is a night shift; null while nobody is signed in. */
  night_shift = $state<boolean | null>(null)
  #width_px = $state(window.innerWidth)

  constructor() {
    const stored = readStored(localStorage.getItem(KEY))
    this.theme = stored.theme
    this.hand = stored.hand
    this.frame = stored.frame
    this.scale = stored.scale
    language.current = stored.locale
  }

  /** Derived, so that what draws again with the theme does so when it changes and not with every tick of the clock. */
  readonly themeInForce = $derived.by<Theme>(() => {
    if (this.theme !== 'auto') return this.theme
    return (this.night_shift ?? isNight(siteDate(ticker.now).getUTCHours())) ? 'night' : 'day'
  })

  get frameInForce(): Frame {
    if (this.frame !== 'auto') return this.frame
    if (this.device !== null) return this.device
    return this.#width_px >= DESK_FROM_PX ? 'desk' : 'tablet'
  }

  /** Keeps the root element and the store up to date; call once, in the root component. */
  apply(): void {
    $effect(() => {
      const resized = (): void => {
        this.#width_px = window.innerWidth
      }
      window.addEventListener('resize', resized)
      return () => window.removeEventListener('resize', resized)
    })
    $effect(() => {
      const root = document.documentElement
      root.dataset.theme = this.themeInForce
      root.dataset.density = this.frameInForce === 'desk' ? 'desk' : 'touch'
      root.dataset.hand = this.hand
      root.style.setProperty('--text-scale', String(this.scale))
    })
    $effect(() => {
      const stored: Stored = {
        theme: this.theme,
        hand: this.hand,
        frame: this.frame,
        scale: this.scale,
        locale: language.current,
      }
      localStorage.setItem(KEY, JSON.stringify(stored))
    })
  }
}

export const preferences = new Preferences()
