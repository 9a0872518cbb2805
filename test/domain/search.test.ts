// How texts and queries are folded and shown: pure, whatever the text.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { timeOf } from '../../src/domain/reading.ts'
import { parseSearch, snippetOf } from '../../src/domain/search-query.ts'
import { placedWords, wordsOf } from '../../src/domain/search-text.ts'
import { anyCharacter } from '../any-character.ts'

/** Several scripts in one text, as people write them. */
const usual = fc
  .array(
    fc.constantFrom(
      'Straße ',
      'İx',
      'é',
      'e\u0301',
      '你好',
      'กิน',
      '👩‍💻',
      '🇩🇪',
      'שָׁ',
      'أ',
      'ガ',
      'ｶﾞ',
      '학',
      'ς',
      ' ',
      '.',
      'a'
    ),
    {
      maxLength: 30
    }
  )
  .map(parts => parts.join(''))

const written = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 80 }),
  fc.string({ unit: anyCharacter, maxLength: 80 }),
  usual
)

test('the words that are shown are the words that are indexed', () => {
  fc.assert(
    fc.property(usual, text => {
      expect(placedWords(text).map(({ word }) => word)).toEqual(wordsOf(text))
    }),
    { numRuns: 2000 }
  )
})

test('a folded word folds to itself, and every word finds the text that it stands in', () => {
  fc.assert(
    fc.property(written, text => {
      for (const word of wordsOf(text)) expect(wordsOf(word)).toEqual([word])
    }),
    { numRuns: 2000 }
  )
})

test('a mark that encloses or tops a character stays with it, whatever stands beside them', () => {
  for (const mark of ['\u0483', '\u20d0', '\u20e3', '\u302a'])
    for (const text of [`\u52c7${mark}`, `\ufa76${mark}`]) expect(wordsOf(text)).toEqual([`\u52c7${mark}`])
})

test('a snippet is a part of the text, cut nowhere within a character, and short', () => {
  fc.assert(
    fc.property(written, fc.nat(2000), (text, ahead) => {
      const whole = `${'lorem 🎂 '.repeat(ahead / 10)}needle ${text}`
      const parsed = parseSearch('needle')
      if ('refusal' in parsed) throw new Error(parsed.refusal)
      const segments = snippetOf(whole, parsed.wanted)
      const shown = segments.map(segment => segment.text).join('')
      expect(whole).toContain(shown.replace(/^…|…$/g, ''))
      expect(shown.length).toBeLessThan(220)
      expect(segments.filter(({ match }) => match)[0]?.text).toBe('needle')
      expect(segments.some(segment => /^[\udc00-\udfff]/.test(segment.text))).toBe(false)
    })
  )
})

test.each([
  ['', /letters/],
  ['  ', /letters/],
  ['"" ** ()', /letters/],
  ['-only -without', /letters/],
  ['a '.repeat(40), /32/]
])('the query %j is refused with words', (text, words) => {
  expect(parseSearch(text)).toMatchObject({ refusal: expect.stringMatching(words) })
})

test.each([
  ['1767225600000', 1_767_225_600_000],
  ['2026-01-01', 1_767_225_600_000],
  ['2026-01-01T00:00', 1_767_225_600_000],
  ['2026-01-01T01:00:00+01:00', 1_767_225_600_000],
  // As it arrives when "+" was not escaped.
  ['2026-01-01T01:00:00 01:00', 1_767_225_600_000],
  ['yesterday', undefined],
  ['2026-13-01', undefined],
  ['-5', undefined],
  ['99999999999999999', undefined]
])('the time %s', (text, time) => {
  expect(timeOf(text)).toBe(time)
})
