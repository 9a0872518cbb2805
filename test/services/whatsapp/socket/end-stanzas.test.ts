// What is read from the stanzas with which WhatsApp ends a connection, whatever stands in them.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { failureEnd, streamErrorEnd } from '../../../../src/services/whatsapp/socket/end-stanzas.ts'

const NOW = 1_000_000

const failure = (attrs: Record<string, string>) => failureEnd({ tag: 'failure', attrs }, NOW)
const suspension = (attrs: Record<string, string>) => failure({ reason: '402', ...attrs }).suspension

test('a suspension says its cause and its end; what is no number of seconds is no end', () => {
  expect(suspension({ code: '101', expire: '60' })).toMatchObject({
    code: 101,
    until: NOW + 60_000,
    since: NOW
  })
  for (const expire of ['', '0', '-5', '1e9', 'soon', '9'.repeat(30), '999999999999'])
    expect(suspension({ code: '777', expire })).toMatchObject({
      code: 777,
      until: null,
      reason: 'WhatsApp does not say why'
    })
  expect(suspension({})).toMatchObject({ code: null, until: null })
  expect(failure({ reason: '403', expire: '60' })).toEqual({ source: 'failure', code: 403 })
})

test('a stream error has the code and the condition that stand in it', () => {
  const error = (code: string | undefined, tag?: string, type?: string) =>
    streamErrorEnd({
      tag: 'stream:error',
      attrs: code === undefined ? {} : { code },
      ...(tag === undefined ? {} : { content: [{ tag, attrs: type === undefined ? {} : { type } }] })
    })
  expect(error('503')).toEqual({ source: 'streamError', code: 503 })
  expect(error(undefined, 'ack')).toEqual({ source: 'streamError', code: 0, condition: 'ack' })
  expect(error('401', 'conflict', 'device_removed')).toMatchObject({ code: 401, condition: 'device_removed' })
  expect(error(undefined, 'conflict')).toMatchObject({ code: 0, condition: 'conflict' })
})

test('whatever stands in them, only numbers and short words are shown', () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), fc.string(), (code, tag, type) => {
      const attrs = { code, reason: code, expire: code }
      const end = streamErrorEnd({ tag: 'stream:error', attrs, content: [{ tag, attrs: { type } }] })
      for (const number of [end.code, failureEnd({ tag: 'failure', attrs }, NOW).code])
        expect(Number.isSafeInteger(number) && number >= 0 && number < 100_000).toBe(true)
      expect(end.condition).toMatch(/^[\w:-]{1,40}$/)
    })
  )
})
