// Secret keys that are given as bytes lead to the same as ever, everywhere in the process.
import crypto, { createCipheriv, createDecipheriv, createHmac } from 'node:crypto'
import { createRequire } from 'node:module'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { useKeyObjects } from '../../../../src/services/whatsapp/socket/key-objects.ts'

const before = {
  createHmac: crypto.createHmac,
  createCipheriv: crypto.createCipheriv,
  createDecipheriv: crypto.createDecipheriv
}
const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length })

test('hashes and ciphertexts are those of before, and what was encrypted can be decrypted', () => {
  useKeyObjects()
  useKeyObjects()
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 80 }),
      bytes(32),
      bytes(16),
      fc.uint8Array(),
      (any, key, iv, text) => {
        const hash = (make: typeof createHmac) => make('sha256', any).update(text).digest('hex')
        expect(hash(createHmac)).toBe(hash(before.createHmac))
        const encrypt = (make: typeof createCipheriv) => {
          const cipher = make('aes-256-cbc', key, iv)
          return Buffer.concat([cipher.update(text), cipher.final()])
        }
        const encrypted = encrypt(createCipheriv)
        expect(encrypted.equals(encrypt(before.createCipheriv))).toBe(true)
        const decipher = createDecipheriv('aes-256-cbc', Buffer.from(key), iv)
        expect(Buffer.concat([decipher.update(encrypted), decipher.final()]).equals(text)).toBe(true)
      }
    )
  )
})

test('other keys, and faults, are what they were', () => {
  useKeyObjects()
  expect(createHmac('sha256', 'text').update('a').digest('hex')).toBe(
    before.createHmac('sha256', 'text').update('a').digest('hex')
  )
  const codeOf = (make: typeof createCipheriv) => {
    try {
      return make('aes-256-cbc', Buffer.alloc(31), Buffer.alloc(16))
    } catch (error) {
      return error instanceof Error && 'code' in error ? error.code : error
    }
  }
  expect(codeOf(createCipheriv)).toBe(codeOf(before.createCipheriv))
})

test('it reaches whoever has imported or required it before', () => {
  useKeyObjects()
  const required = createRequire(import.meta.url)('node:crypto') as typeof crypto
  expect([required.createHmac.name, createHmac.name]).toEqual(['withKeyObject', 'withKeyObject'])
  // A published test vector.
  const hash = createHmac('sha256', Buffer.from('key')).update('The quick brown fox jumps over the lazy dog')
  expect(hash.digest('hex')).toBe('f7bc83f430538424b13298e6aa6fb143ef4d59a14946175997479dbc2d1a3cd8')
})
