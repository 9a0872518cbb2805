// Every language says everything: the same parameters, and a form for each of its plural categories. Keys are compared by their types.
import { expect, test } from 'vitest'
import type { Text } from '../../src/console/i18n/dictionary.ts'
import { en } from '../../src/console/i18n/en.ts'
import { LANGUAGES, preferredLanguage } from '../../src/console/i18n/languages.ts'

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
