import { expect, test } from 'vitest'
import { bodyNaming, peopleIn } from '../../src/domain/mention.ts'

const mention = (written: string, person: string) => ({ written, person })

test('each mention stands in the body as its person, and longer numbers are left alone', () => {
  const mentions = [mention('77@lid', '491@s.whatsapp.net'), mention('771@lid', '492@s.whatsapp.net')]
  expect(bodyNaming('@77, @771 and @7712; @77. mail a@77b', mentions)).toBe(
    '@491, @492 and @7712; @491. mail a@77b'
  )
  expect(bodyNaming(null, mentions)).toBeNull()
  expect(bodyNaming('@77', [])).toBe('@77')
})

test('two forms of one person are one mention', () => {
  const mentions = [
    mention('77@lid', '491@s.whatsapp.net'),
    mention('491@s.whatsapp.net', '491@s.whatsapp.net')
  ]
  expect(peopleIn(mentions)).toEqual(['491@s.whatsapp.net'])
  expect(bodyNaming('@77 and @491', mentions)).toBe('@491 and @491')
})
