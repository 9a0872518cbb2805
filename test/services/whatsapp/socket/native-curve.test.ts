// Signatures verified by Node are those that libsignal verifies.
import { Curve } from '@whiskeysockets/baileys'
import * as fc from 'fast-check'
import {
  calculateAgreement,
  calculateSignature,
  generateKeyPair,
  verifySignature
} from 'libsignal/src/curve.js'
import { expect, test } from 'vitest'
import { isSignedBy, useNativeCurve } from '../../../../src/services/whatsapp/socket/native-curve.ts'

/** The order of the group. */
const ORDER = 2n ** 252n + 27742317777372353535851937790883648493n

test('libsignal and Node agree on every signature, whatever was changed in it', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 300 }),
      fc.constantFrom('nothing', 'message', 'signature', 'key'),
      fc.nat({ max: 255 }),
      (content, changed, bit) => {
        const { privKey, pubKey } = generateKeyPair()
        const message = Buffer.from(content)
        const signature = Buffer.from(calculateSignature(privKey, message))
        const key = Buffer.from(pubKey)
        const target =
          changed === 'signature' ? signature : changed === 'key' ? key.subarray(1) : Buffer.alloc(32)
        target[bit >> 3] = (target[bit >> 3] ?? 0) ^ (1 << (bit & 7))
        const said = changed === 'message' ? Buffer.concat([message, Buffer.of(bit)]) : message
        const answer = isSignedBy(key, said, signature)
        expect(answer).toBe(verifySignature(key, said, signature))
        if (changed === 'nothing') expect(answer).toBe(true)
        if (changed === 'message') expect(answer).toBe(false)
        expect(isSignedBy(key.subarray(1), said, signature)).toBe(answer)
      }
    ),
    { numRuns: 40 }
  )
})

test('what is no key or no signature verifies nothing, and a signature has one form only', () => {
  const { privKey, pubKey } = generateKeyPair()
  const message = Buffer.from('a message')
  const signature = Buffer.from(calculateSignature(privKey, message))
  expect(isSignedBy(pubKey.subarray(2), message, signature)).toBe(false)
  expect(isSignedBy(new Uint8Array(0), message, signature)).toBe(false)
  expect(isSignedBy(pubKey, message, signature.subarray(1))).toBe(false)
  for (const byte of [0, 1, 0xff])
    expect(isSignedBy(new Uint8Array(32).fill(byte), message, signature)).toBe(false)
  // The same signature with another number for the same point of the group.
  const sign = (signature[63] ?? 0) & 0x80
  const scalar = Buffer.from(signature.subarray(32))
  scalar[31] = (scalar[31] ?? 0) & 0x7f
  const other = BigInt(`0x${scalar.reverse().toString('hex')}`) + ORDER
  const doubled = Buffer.concat([
    signature.subarray(0, 32),
    Buffer.from(other.toString(16).padStart(64, '0'), 'hex').reverse()
  ])
  doubled[63] = (doubled[63] ?? 0) | sign
  expect(isSignedBy(pubKey, message, doubled)).toBe(false)
})

test('pairs that Node generates agree and sign as those of libsignal do', () => {
  useNativeCurve()
  const [one, other] = [Curve.generateKeyPair(), Curve.generateKeyPair()]
  expect([one.private.length, one.public.length]).toEqual([32, 32])
  const key = (bytes: Uint8Array) => Buffer.concat([Buffer.of(5), bytes])
  expect(calculateAgreement(key(one.public), other.private)).toEqual(
    calculateAgreement(key(other.public), one.private)
  )
  const message = Buffer.from('a message')
  expect(Curve.verify(one.public, message, Curve.sign(one.private, message))).toBe(true)
  expect(Curve.verify(other.public, message, Curve.sign(one.private, message))).toBe(false)
})
