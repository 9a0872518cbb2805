// The languages of the link's page: those of the console. A browser names the ones that its reader understands.
import { ar } from './ar.ts'
import { de } from './de.ts'
import { en, type PageTexts } from './en.ts'
import { es } from './es.ts'
import { hi } from './hi.ts'
import { id } from './id.ts'
import { pt } from './pt.ts'
import { ro } from './ro.ts'

export interface PageLanguage {
  readonly direction: 'ltr' | 'rtl'
  readonly texts: PageTexts
}

export const PAGE_LANGUAGES = {
  en: { direction: 'ltr', texts: en },
  de: { direction: 'ltr', texts: de },
  es: { direction: 'ltr', texts: es },
  pt: { direction: 'ltr', texts: pt },
  ro: { direction: 'ltr', texts: ro },
  ar: { direction: 'rtl', texts: ar },
  hi: { direction: 'ltr', texts: hi },
  id: { direction: 'ltr', texts: id }
} as const satisfies Readonly<Record<string, PageLanguage>>

export type PageLanguageCode = keyof typeof PAGE_LANGUAGES

export const PAGE_LANGUAGE_CODES: ReadonlyArray<PageLanguageCode> = [
  'en',
  'de',
  'es',
  'pt',
  'ro',
  'ar',
  'hi',
  'id'
]

/** `de-AT;q=0.8` as its language and its weight; without a weight it is 1. */
const wish = (range: string): { readonly language: string; readonly weight: number } => {
  const [tag = '', ...parameters] = range.split(';').map(part => part.trim())
  const weight = parameters.find(parameter => parameter.startsWith('q='))?.slice(2)
  return {
    language: tag.split('-')[0]?.toLowerCase() ?? '',
    weight: weight === undefined ? 1 : Number(weight)
  }
}

/** The language with the most weight in the header Accept-Language that is there; English where there is none. */
export const pageLanguage = (acceptLanguage = ''): PageLanguageCode =>
  acceptLanguage
    .split(',')
    .map(wish)
    .filter(({ weight }) => weight > 0)
    .toSorted((a, b) => b.weight - a.weight)
    .flatMap(({ language }) => PAGE_LANGUAGE_CODES.filter(code => code === language))[0] ?? 'en'
