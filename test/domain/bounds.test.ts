// Bounds of what messages contain, whatever is sent.
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { boundedContent } from '../../src/domain/bounds.ts'
import { beginningOf, LONGEST } from '../../src/domain/lengths.ts'
import { NO_DETAILS } from '../../src/domain/message.ts'
import { placedWords, wordsOf } from '../../src/domain/search-text.ts'
import { anyCharacter } from '../any-character.ts'
import { hidden } from '../attack/hostile-content.ts'

const NOTHING = { ...NO_DETAILS, mentions: [], event: null, body: null }

test('a beginning is never longer than it may be, and has no half of a character', () => {
  fc.assert(
    fc.property(fc.string({ unit: anyCharacter }), fc.nat({ max: 30 }), (text, most) => {
      const beginning = beginningOf(text, most)
      expect(beginning.length).toBeLessThanOrEqual(most)
      expect(text.startsWith(beginning)).toBe(true)
      expect(beginning.isWellFormed()).toBe(true)
    })
  )
})

test('what is within the bounds stays as it is; what is longer is cut and named', () => {
  const sizes = fc.nat({ max: LONGEST.body * 2 })
  fc.assert(
    fc.property(sizes, sizes, fc.array(sizes, { maxLength: 8 }), (body, question, cards) => {
      const content = {
        ...NOTHING,
        body: 'b'.repeat(body),
        poll: { question: 'q'.repeat(question), options: [], selectable: 1 },
        contacts: cards.map(size => ({ name: null, phoneNumbers: [], vcard: 'v'.repeat(size) }))
      }
      const bounded = boundedContent(content)
      expect(bounded.body?.length).toBe(Math.min(body, LONGEST.body))
      expect(bounded.shortened.includes('body')).toBe(body > LONGEST.body)
      expect(bounded.shortened.includes('poll')).toBe(question > LONGEST.name)
      const written = bounded.contacts.reduce((sum, { vcard }) => sum + (vcard?.length ?? 0), 0)
      expect(written).toBeLessThanOrEqual(LONGEST.vcards)
      expect(boundedContent(bounded)).toEqual(bounded)
    }),
    { numRuns: 50 }
  )
})

test('a word is found although what is not seen stands between its letters, and is shown whole', () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[a-zA-Zäöüéñабвгд]{1,20}$/), word => {
      expect(wordsOf(hidden(word))).toEqual(wordsOf(word))
      const [placed, ...others] = placedWords(hidden(word))
      expect(others).toEqual([])
      expect(placed).toMatchObject({ start: 0, end: hidden(word).length })
    })
  )
})
