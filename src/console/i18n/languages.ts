// The languages of the console: what each calls itself, and where its dictionary is. Only the chosen one is loaded.
import type { Dictionary } from './dictionary.ts'
import { en } from './en.ts'

interface Language {
  readonly name: string
  readonly direction: 'ltr' | 'rtl'
  readonly load: () => Promise<Dictionary>
}

export const LANGUAGES = {
  en: { name: 'English', direction: 'ltr', load: () => Promise.resolve(en) }
} as const satisfies Readonly<Record<string, Language>>

export type LanguageCode = keyof typeof LANGUAGES

export const isLanguage = (code: string): code is LanguageCode => code in LANGUAGES

/** The first of a person's languages that is there. */
export const preferredLanguage = (wanted: ReadonlyArray<string>): LanguageCode =>
  wanted.map(tag => tag.split('-')[0] ?? '').find(isLanguage) ?? 'en'
