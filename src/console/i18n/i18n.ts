// Texts in the language of this tab. `t` reads a signal: whatever shows a text is drawn anew when the language changes.
import { computed, signal } from '@preact/signals'
import type { Dictionary, Key, Parameters, Plural } from './dictionary.ts'
import { en } from './en.ts'
import { isLanguage, type LanguageCode, LANGUAGES, preferredLanguage } from './languages.ts'

const STORED_AS = 'backscroll.language'

const dictionary = signal<Dictionary>(en)
export const language = signal<LanguageCode>('en')
/** For `Intl`: the language, with the region of the browser where it is the same language. */
export const locale = computed(
  () => navigator.languages.find(tag => tag.split('-')[0] === language.value) ?? language.value
)

const rules = computed(() => new Intl.PluralRules(locale.value))
const numbers = computed(() => new Intl.NumberFormat(locale.value))

/** What is written from right to left, and what turns the direction of a text. */
const TURNING = /[\u0590-\u08ff\u200e\u200f\u202a-\u202e\u2066-\u2069\ufb1d-\ufdff\ufe70-\ufefc]/
const TURNS = /[\u200e\u200f\u202a-\u202e\u2066-\u2069]/g

/** As a part of its own, where it could turn what stands around it, or be turned by it. */
const isolated = (value: string): string =>
  LANGUAGES[language.value].direction === 'rtl' || TURNING.test(value)
    ? `\u2068${value.replaceAll(TURNS, '')}\u2069`
    : value

const filled = (text: string, parameters: Readonly<Record<string, string | number>>): string =>
  text.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    const value = parameters[name] ?? ''
    return typeof value === 'number' ? numbers.value.format(value) : isolated(value)
  })

const formOf = (text: Plural, count: unknown): string =>
  text[rules.value.select(typeof count === 'number' ? count : 0)] ?? text.other

type Arguments<K extends Key> = keyof Parameters<K> extends never ? [] : [parameters: Parameters<K>]

/** The text of a key, with its parameters filled in. */
export const t = <K extends Key>(key: K, ...[parameters]: Arguments<K>): string => {
  const text: string | Plural = dictionary.value[key]
  const given: Readonly<Record<string, string | number>> = { ...parameters }
  return filled(typeof text === 'string' ? text : formOf(text, given['count']), given)
}

/** The text of a key that is made up of parts, where there is one. */
export const tMaybe = (key: string): string | undefined => {
  const texts: Readonly<Record<string, string | Plural>> = dictionary.value
  const text = texts[key]
  return typeof text === 'string' ? text : text?.other
}

export const chooseLanguage = async (code: LanguageCode): Promise<void> => {
  const { direction, load } = LANGUAGES[code]
  dictionary.value = await load()
  language.value = code
  document.documentElement.lang = code
  document.documentElement.dir = direction
}

export const rememberLanguage = (code: LanguageCode): Promise<void> => {
  localStorage.setItem(STORED_AS, code)
  return chooseLanguage(code)
}

/** What was chosen before, or what the browser prefers. */
export const startLanguage = (): Promise<void> => {
  const stored = localStorage.getItem(STORED_AS) ?? ''
  return chooseLanguage(isLanguage(stored) ? stored : preferredLanguage(navigator.languages))
}
