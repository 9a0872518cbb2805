// Every language says everything: the same parameters, and a form for each of its plural categories. Keys are compared by their types.
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import type { Text } from '../../src/console/i18n/dictionary.ts'
import { en } from '../../src/console/i18n/en.ts'
import { LANGUAGES, preferredLanguage } from '../../src/console/i18n/languages.ts'
import { PAGE_LANGUAGES, pageLanguage } from '../../src/http/resources/link/languages/languages.ts'

const namesIn = (text: string): ReadonlyArray<string> => [
  ...new Set([...text.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name))
]

const formsOf = (text: Text): ReadonlyArray<string> =>
  typeof text === 'string' ? [text] : Object.values(text)

const wanted: Readonly<Record<string, Text>> = en

test.each(Object.entries(LANGUAGES))('%s', async (code, { load }) => {
  const dictionary: Readonly<Record<string, Text>> = await load()
  expect(Object.keys(dictionary).toSorted()).toEqual(Object.keys(wanted).toSorted())
  // Of whole numbers: no language has fractions of messages.
  const rules = new Intl.PluralRules(code)
  const categories = new Set(Array.from({ length: 200 }, (_, n) => rules.select(n)))
  for (const [key, text] of Object.entries(dictionary)) {
    const expected = namesIn(formsOf(wanted[key]!).join(' '))
    for (const form of formsOf(text)) {
      const missing = expected.filter(name => name !== 'count' && !namesIn(form).includes(name))
      const unknown = namesIn(form).filter(name => !expected.includes(name))
      expect({ key, form, missing, unknown }).toEqual({ key, form, missing: [], unknown: [] })
    }
    if (typeof text !== 'string')
      expect({ key, lacks: [...categories].filter(category => !(category in text)) }).toEqual({
        key,
        lacks: []
      })
  }
})

test('the first of a person’s languages that is there is taken', () => {
  expect([
    preferredLanguage(['fr-FR', 'pt-BR', 'de']),
    preferredLanguage(['fr']),
    preferredLanguage([])
  ]).toEqual(['pt', 'en', 'en'])
})

test('the page of a link speaks the languages of the console, and has a place for all that they say', () => {
  const directions = (languages: Readonly<Record<string, { readonly direction: string }>>) =>
    Object.fromEntries(Object.entries(languages).map(([code, { direction }]) => [code, direction]))
  expect(directions(PAGE_LANGUAGES)).toEqual(directions(LANGUAGES))
  const html = readFileSync('src/http/resources/link/link-page/page.html', 'utf8')
  const places = new Set([...html.matchAll(/\{\{(\w+)\}\}/g)].map(([, key = '']) => key))
  const english: Readonly<Record<string, string>> = PAGE_LANGUAGES.en.texts
  const shown = Object.keys(english).filter(key => !key.startsWith('script.'))
  expect([...places].toSorted()).toEqual([...shown, 'lang', 'dir', 'script'].toSorted())
  const shapeOf = (text: string) => ({ names: namesIn(text), emphasised: text.split('*').length - 1 })
  for (const [code, { texts }] of Object.entries(PAGE_LANGUAGES)) {
    expect([code, Object.keys(texts).toSorted()]).toEqual([code, Object.keys(english).toSorted()])
    for (const [key, text] of Object.entries(texts)) {
      expect([code, key, text]).toEqual([code, key, expect.stringMatching(/\S/)])
      expect([code, key, shapeOf(text)]).toEqual([code, key, shapeOf(english[key] ?? '')])
    }
  }
})

test('the page of a link takes the language that a browser prefers, by its weight', () => {
  expect(
    ['de-AT,de;q=0.9,en;q=0.8', 'fr, en;q=0.3, AR-eg;q=0.7', 'hi;q=0, id', 'fr', '', undefined, ';;q=x,'].map(
      header => pageLanguage(header)
    )
  ).toEqual(['de', 'ar', 'id', 'en', 'en', 'en', 'en'])
})
