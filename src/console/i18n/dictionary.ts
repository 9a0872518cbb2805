// What a dictionary is. English is the measure: every other language has the same keys, with the same parameters in braces; texts
// that count have a form for each plural category of their language.
import type { en } from './en.ts'

/** Forms by plural category; `other` stands in for those that are not given. */
export type Plural = { readonly [Category in Intl.LDMLPluralRule]?: string } & { readonly other: string }

export type Text = string | Plural

export type Key = keyof typeof en

/** A language has plural forms exactly where English has. */
export type Dictionary = {
  readonly [K in Key]: (typeof en)[K] extends string ? string : Plural
}

type OtherForm<T> = T extends { readonly other: infer Other } ? Other : T

/** The names in braces of a text. */
type NamesIn<T> = T extends `${string}{${infer Name}}${infer Rest}` ? Name | NamesIn<Rest> : never

/** What a text of this key has to be given. */
export type Parameters<K extends Key> = {
  readonly [Name in NamesIn<OtherForm<(typeof en)[K]>>]: Name extends 'count' ? number : string | number
}

/** The keys of texts that need no parameters. */
export type PlainKey = { readonly [K in Key]: keyof Parameters<K> extends never ? K : never }[Key]
