// Signatures verified by Node are those that libsignal verifies.
import { createRequire } from 'node:module'
import { Curve } from '@whiskeysockets/baileys'
import { SenderKeyMessage } from '@whiskeysockets/baileys/lib/Signal/Group/sender-key-message.js'
import * as fc from 'fast-check'
import { calculateAgreement, generateKeyPair } from 'libsignal/src/curve.js'
import { expect, test } from 'vitest'
import {
  isSignedBy,
  isSignedByAsBefore,
  makePairsAhead,
  useNativeCurve
} from '../../../../src/services/whatsapp/socket/native-curve.ts'
import { thorough } from '../../../thorough.ts'

/** The library that libsignal calculates with, as it is: what other tests use in this process may have been replaced. */
const original = (() => {
  const load = createRequire(import.meta.url)
  const file = load.resolve('curve25519-js')
  const used = load.cache[file]
  delete load.cache[file]
  try {
    return load(file) as {
      readonly sign: (key: Uint8Array, message: Uint8Array) => Uint8Array
      readonly verify: (key: Uint8Array, message: Uint8Array, signature: Uint8Array) => boolean
    }
  } finally {
    load.cache[file] = used
  }
})()

/** The order of the group. */
const ORDER = 2n ** 252n + 27742317777372353535851937790883648493n

/** A key of libsignal's, and what it has signed. */
const signedBy = (message: Uint8Array) => {
  const { privKey, pubKey } = generateKeyPair()
  return { privKey, key: Buffer.from(pubKey), signature: Buffer.from(original.sign(privKey, message)) }
}

const flipped = (bytes: Uint8Array, bit: number): Buffer => {
  const changed = Buffer.from(bytes)
  changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7))
  return changed
}

const messages = fc.uint8Array({ minLength: 1, maxLength: 300 })
/** Verifying in JavaScript takes 12 ms each: `npm run chaos:tests` compares two hundred of each kind. */
const NUM_RUNS = thorough(15, 200)

test('what libsignal signs is verified', () => {
  fc.assert(
    fc.property(messages, message => {
      const { key, signature } = signedBy(message)
      expect(original.verify(key.subarray(1), message, signature)).toBe(true)
      expect(isSignedBy(key, message, signature)).toBe(true)
      expect(isSignedBy(key.subarray(1), message, signature)).toBe(true)
    }),
    { numRuns: NUM_RUNS }
  )
})

test('what is forged is refused, as by libsignal, whatever was changed in it', () => {
  fc.assert(
    fc.property(
      messages,
      fc.constantFrom('message', 'signature', 'key', 'longer', 'other key', 'other signature'),
      fc.nat({ max: 511 }),
      (message, changed, bit) => {
        const { key, signature } = signedBy(message)
        const other = signedBy(message)
        const forgeries: Readonly<Record<typeof changed, readonly [Uint8Array, Uint8Array, Uint8Array]>> = {
          message: [key, flipped(message, bit % (message.length * 8)), signature],
          signature: [key, message, flipped(signature, bit)],
          // The highest bit of a key says nothing.
          key: [flipped(key, 8 + (bit % 255)), message, signature],
          longer: [key, Buffer.concat([message, Buffer.of(bit & 255)]), signature],
          'other key': [other.key, message, signature],
          'other signature': [key, message, other.signature]
        }
        const [asKey, asMessage, asSignature] = forgeries[changed]
        expect(original.verify(asKey.subarray(1), asMessage, asSignature)).toBe(false)
        expect(isSignedBy(asKey, asMessage, asSignature)).toBe(false)
        expect(isSignedByAsBefore(asKey, asMessage, asSignature)).toBe(false)
      }
    ),
    { numRuns: NUM_RUNS }
  )
})

/** Encodings of points that are no keys of anybody: of small order, not reduced, or on no curve. */
const UNUSUAL_KEYS = [
  0n,
  1n,
  2n,
  2n ** 255n - 20n,
  2n ** 255n - 19n,
  2n ** 255n - 18n,
  2n ** 255n - 1n,
  2n ** 256n - 1n,
  325606250916557431795983626356110631294008115727848805560023387167927233504n,
  39382357235489614581723060781553021112529911719440698176882885853963445705823n
].map(value => Buffer.from(value.toString(16).padStart(64, '0'), 'hex').reverse())

test('a key that is nobody’s, or written in an unusual way, has signed nothing', () => {
  const { signature } = signedBy(Buffer.from('a message'))
  for (let index = 0; index < 40; index += 1) {
    const message = Buffer.from(`a message ${index}`)
    for (const key of UNUSUAL_KEYS)
      // libsignal's library accepts one of eight messages with the second of these, for a key of small order.
      for (const candidate of [signature, Buffer.alloc(64), Buffer.concat([key, Buffer.alloc(32)])])
        expect([index, key.toString('hex'), isSignedBy(key, message, candidate)]).toEqual([
          index,
          key.toString('hex'),
          false
        ])
  }
})

test('a key with its highest bit set is the same key', () => {
  const message = Buffer.from('a message')
  const { key, signature } = signedBy(message)
  const other = flipped(key, 33 * 8 - 1)
  expect(isSignedBy(other, message, signature)).toBe(original.verify(other.subarray(1), message, signature))
})

test('what is no key or no signature verifies nothing, and a signature has one form only', () => {
  const message = Buffer.from('a message')
  const { key, signature } = signedBy(message)
  expect(isSignedBy(key.subarray(2), message, signature)).toBe(false)
  expect(isSignedBy(new Uint8Array(0), message, signature)).toBe(false)
  expect(isSignedBy(key, message, signature.subarray(1))).toBe(false)
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
  expect(isSignedBy(key, message, doubled)).toBe(false)
})

test('an answer is remembered for exactly what was asked', () => {
  const message = Buffer.from('a certificate')
  const { key, signature } = signedBy(message)
  expect(isSignedByAsBefore(key, message, signature)).toBe(true)
  expect(isSignedByAsBefore(key, message, signature)).toBe(true)
  expect(isSignedByAsBefore(key, Buffer.from('a certificatE'), signature)).toBe(false)
  expect(isSignedByAsBefore(key, message.subarray(1), signature)).toBe(false)
  expect(isSignedByAsBefore(key, message, flipped(signature, 7))).toBe(false)
  expect(isSignedByAsBefore(key, message, signature)).toBe(true)
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

test('messages of groups are signed and verified natively, and forged ones refused', () => {
  useNativeCurve()
  const { privKey, pubKey } = generateKeyPair()
  const { pubKey: otherKey } = generateKeyPair()
  const sent = new SenderKeyMessage(7, 1, Buffer.from('ciphertext'), privKey)
  const bytes = Buffer.from(sent.serialize())
  expect(original.verify(Buffer.from(pubKey).subarray(1), bytes.subarray(0, -64), bytes.subarray(-64))).toBe(
    true
  )
  const received = new SenderKeyMessage(undefined, undefined, undefined, undefined, bytes)
  expect(() => received.verifySignature(pubKey)).not.toThrow()
  expect(() => received.verifySignature(otherKey)).toThrow('Invalid signature')
  const forged = new SenderKeyMessage(
    undefined,
    undefined,
    undefined,
    undefined,
    flipped(bytes, bytes.length * 8 - 9)
  )
  expect(() => forged.verifySignature(pubKey)).toThrow('Invalid signature')
})

test('pairs that were made ahead are given to one each, and agree as libsignal’s do', async () => {
  useNativeCurve()
  await makePairsAhead(40)
  const pairs = Array.from({ length: 60 }, () => Curve.generateKeyPair())
  expect(new Set(pairs.map(pair => Buffer.from(pair.private).toString('hex'))).size).toBe(60)
  const other = generateKeyPair()
  for (const pair of pairs) {
    const theirs = calculateAgreement(Buffer.concat([Buffer.of(5), pair.public]), other.privKey)
    expect(Buffer.from(theirs)).toEqual(Buffer.from(calculateAgreement(other.pubKey, pair.private)))
  }
})
