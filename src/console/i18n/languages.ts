// The languages of the console: what each calls itself, and where its dictionary is. Only the chosen one is loaded.
import type { Dictionary } from './dictionary.ts'
import { en } from './en.ts'

interface Language {
  readonly name: string
  readonly direction: 'ltr' | 'rtl'
  readonly load: () => Promise<Dictionary>
}

export const LANGUAGES = {
  en: { name: 'English', direction: 'ltr', load: () => Promise.resolve(en) },
  de: { name: 'Deutsch', direction: 'ltr', load: async () => (await import('./de.ts')).de },
  es: { name: 'Español', direction: 'ltr', load: async () => (await import('./es.ts')).es },
  pt: { name: 'Português', direction: 'ltr', load: async () => (await import('./pt.ts')).pt },
  ro: { name: 'Română', direction: 'ltr', load: async () => (await import('./ro.ts')).ro },
  ar: { name: 'العربية', direction: 'rtl', load: async () => (await import('./ar.ts')).ar },
  hi: { name: 'हिन्दी', direction: 'ltr', load: async () => (await import('./hi.ts')).hi },
  id: { name: 'Bahasa Indonesia', direction: 'ltr', load: async () => (await import('./id.ts')).id }
} as const satisfies Readonly<Record<string, Language>>

export type LanguageCode = keyof typeof LANGUAGES

export const isLanguage = (code: string): code is LanguageCode => code in LANGUAGES

/** The first of a person's languages that is there. */
export const preferredLanguage = (wanted: ReadonlyArray<string>): LanguageCode =>
  wanted.map(tag => tag.split('-')[0] ?? '').find(isLanguage) ?? 'en'
