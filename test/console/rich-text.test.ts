// Marks, addresses and mentions in texts of strangers: tokens only, and never an address that is not http.
import { expect, test } from 'vitest'
import { isOnlyEmoji, tokensOf } from '../../src/console/parts/rich-text.ts'

const kinds = (text: string, mentions: ReadonlyArray<string> = []) =>
  tokensOf(text, mentions).map(({ kind, text: part }) => `${kind}:${part}`)

test('marks are taken where phones take them', () => {
  expect(kinds('*bold* and _italic_, ~struck~ `code`')).toEqual([
    'bold:bold',
    'text: and ',
    'italic:italic',
    'text:, ',
    'struck:struck',
    'text: ',
    'code:code'
  ])
  for (const text of ['2*3*4', 'snake_case_name', '* not bold *', 'a*b'])
    expect(kinds(text)).toEqual([`text:${text}`])
})

test('addresses end where the sentence does, and are web addresses only', () => {
  expect(kinds('See https://example.com/a?b=1. Then')).toEqual([
    'text:See ',
    'link:https://example.com/a?b=1',
    'text:. Then'
  ])
  for (const text of ['javascript:alert(1)', 'data:text/html,x', 'file:///etc/passwd'])
    expect(tokensOf(text).some(({ kind }) => kind === 'link')).toBe(false)
})

test('only who is mentioned is a mention', () => {
  expect(kinds('@15550100200 and @999999', ['15550100200@s.whatsapp.net'])).toEqual([
    'mention:@15550100200',
    'text: and @999999'
  ])
})

test('nothing is lost, whatever the text is', () => {
  for (const text of [
    '',
    '***',
    '```',
    '*_~`',
    'a'.repeat(30_000),
    '_*x*_ https://',
    '<script>alert(1)</script>'
  ])
    expect(tokensOf(text).reduce((length, token) => length + token.text.length, 0)).toBeLessThanOrEqual(
      text.length
    )
})

test('a few emoji alone are large', () => {
  expect([isOnlyEmoji('🎉'), isOnlyEmoji('👍🏽 ❤️'), isOnlyEmoji('🎉 party'), isOnlyEmoji('')]).toEqual([
    true,
    true,
    false,
    false
  ])
})
