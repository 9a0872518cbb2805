// Keys as the vault keeps them: what Baileys' own functions make of them, and back.
import { BufferJSON } from '@whiskeysockets/baileys'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { decodeKey, encodeKey } from '../../../../src/services/whatsapp/socket/auth-state.ts'

const byBaileys = (value: unknown): string => JSON.stringify(value, BufferJSON.replacer)

test('bytes, and what looks like them, are kept and read as Baileys does', () => {
  const bytes = fc.uint8Array({ maxLength: 3000 })
  const value = fc.oneof(
    bytes,
    bytes.map(one => Buffer.from(one)),
    fc.record({ keyPair: bytes, counter: fc.nat(), name: fc.string() }),
    fc.record({ type: fc.constant('Buffer'), data: fc.base64String({ minLength: 4 }), more: fc.string() }),
    fc.array(fc.string())
  )
  fc.assert(
    fc.property(value, kept => {
      const encoded = encodeKey('session', kept)
      const text = Buffer.from(encoded).toString()
      expect(text).toBe(byBaileys(kept))
      expect(decodeKey('session', encoded)).toEqual(JSON.parse(text, BufferJSON.reviver))
    })
  )
})
