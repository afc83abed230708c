import type { Words } from '@/ipc'
import { language } from './locale.svelte'

/** The sentence in the language of the screen. */
export const say = (words: Words): string => (language.current === 'zh' ? words.zh : words.en)
