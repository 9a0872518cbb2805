import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { messageIdOf, newWhatsAppMessageId, parseThreadId, threadIdOf } from '../../src/domain/ids.ts'
import { clampTime, laterStatus, MESSAGE_STATUSES } from '../../src/domain/message.ts'
import { decodeMessagePlace, decodePlace, encodeCursor } from '../../src/domain/page.ts'

test('the same WhatsApp id by two writers is two messages', () => {
  const ids = ['me', 'them', '1@lid', '2@lid'].map(sender => messageIdOf(sender, '3EB0AA'))
  expect(new Set(ids).size).toBe(4)
})

test('a message id is safe in URLs and in Firestore whatever WhatsApp calls the message', () => {
  fc.assert(
    fc.property(
      fc.string({ minLength: 1, maxLength: 200 }),
      fc.constantFrom('me', 'them', '1@lid'),
      (whatsAppId, sender) => {
        expect(messageIdOf(sender, whatsAppId)).toMatch(/^[A-Za-z0-9_-]{1,80}$/)
      }
    )
  )
})

test('ids made here look like those of WhatsApp Web and never repeat', () => {
  const ids = Array.from({ length: 1000 }, newWhatsAppMessageId)
  expect(new Set(ids).size).toBe(1000)
  expect(ids.every(id => /^3EB0[0-9A-F]{18}$/.test(id))).toBe(true)
})

test('a thread id gives its parts back', () => {
  expect(parseThreadId(threadIdOf('acc-1', '1@lid'))).toEqual({ accountId: 'acc-1', jid: '1@lid' })
  expect(parseThreadId('nothing')).toBeUndefined()
})

test('status never goes backwards, in whatever order reports come', () => {
  const status = fc.constantFrom(...MESSAGE_STATUSES)
  fc.assert(
    fc.property(fc.array(status, { minLength: 1 }), reports => {
      const end = reports.reduce(laterStatus)
      expect(end).toBe(MESSAGE_STATUSES.findLast(known => reports.includes(known)))
    })
  )
})

describe('a claimed time', () => {
  const now = Date.UTC(2026, 0, 1)
  test('of today is kept', () => {
    expect(clampTime(now - 1000, now)).toEqual({ tsClient: now - 1000, tsClaimed: null })
  })
  test('slightly ahead is kept: clocks drift', () => {
    expect(clampTime(now + 3_600_000, now)).toEqual({ tsClient: now + 3_600_000, tsClaimed: null })
  })
  test('decades ahead becomes now, and the claim is kept beside it', () => {
    const claimed = now + 40 * 365 * 86_400_000
    expect(clampTime(claimed, now)).toEqual({ tsClient: now, tsClaimed: claimed })
  })
})

test('a cursor survives its journey, and what is none is not taken for one', () => {
  fc.assert(
    fc.property(fc.nat(8_640_000_000_000), fc.stringMatching(/^[A-Za-z0-9_@.-]{1,80}$/), (time, id) => {
      expect(decodePlace(encodeCursor({ time, id }))).toEqual({ time, id })
      expect(decodeMessagePlace(encodeCursor({ time, id, row: 7 }))).toEqual({ time, id, row: 7 })
      // One of another list is none.
      expect(decodePlace(encodeCursor({ time, id, row: 7 }))).toBeUndefined()
      expect(decodeMessagePlace(encodeCursor({ time, id }))).toBeUndefined()
    })
  )
  for (const text of [
    '',
    'abc',
    '%%%',
    Buffer.from('1').toString('base64url'),
    Buffer.from('x y').toString('base64url')
  ]) {
    expect(decodePlace(text)).toBeUndefined()
    expect(decodeMessagePlace(text)).toBeUndefined()
  }
})
