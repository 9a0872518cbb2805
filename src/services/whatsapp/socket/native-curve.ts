// Keys and signatures of Curve25519 by native code. libsignal signs and verifies in JavaScript, which takes 12 ms of the main
// thread for each message of a group and each certificate; native code takes less than half a millisecond.
//
// A Signal signature (XEdDSA) is one of Ed25519 whose key is given as an X25519 key: the key is converted, and Node verifies.
// Signing needs the private key as a number, which Node does not take and arithmetic of ours would not keep secret: this is done
// by the compiled Signal library that Baileys brings.
import { createHash, createPublicKey, generateKeyPairSync, type KeyObject, verify } from 'node:crypto'
import { setImmediate } from 'node:timers/promises'
import { Curve } from '@whiskeysockets/baileys'
import curve25519 from 'curve25519-js'
import { calculateSignature } from 'whatsapp-rust-bridge'

const PRIME = 2n ** 255n - 19n
const KEY_BYTES = 32
const SIGNATURE_BYTES = 64
/** The highest bit of a last byte: the sign of a point's x, which a signature carries for its key. */
const SIGN_BIT = 0x80
/** The type byte before a public key in the form of the Signal protocol. */
const SIGNAL_TYPE = 5
/** What stands before the 32 bytes of a key in its DER form. */
const ED25519_SPKI = Buffer.from('302a300506032b6570032100', 'hex')

const modulo = (value: bigint): bigint => ((value % PRIME) + PRIME) % PRIME

/** 1 / value, 0 for 0, by Euclid's algorithm. The values are public: how long it takes tells nothing. */
const inverse = (value: bigint): bigint => {
  let [previous, rest] = [PRIME, modulo(value)]
  let [before, factor] = [0n, 1n]
  while (rest > 0n) {
    const times = previous / rest
    ;[previous, rest] = [rest, previous - times * rest]
    ;[before, factor] = [factor, before - times * factor]
  }
  return previous === 1n ? modulo(before) : 0n
}

const fromLittleEndian = (bytes: Uint8Array): bigint =>
  BigInt(`0x${Buffer.from(bytes).reverse().toString('hex')}`)

const toLittleEndian = (value: bigint): Buffer =>
  Buffer.from(value.toString(16).padStart(KEY_BYTES * 2, '0'), 'hex').reverse()

/** The Ed25519 key of an X25519 key: y = (u - 1) / (u + 1). */
const edwardsKey = (montgomery: Uint8Array, sign: number): Buffer => {
  const u = BigInt.asUintN(255, fromLittleEndian(montgomery))
  const key = toLittleEndian(modulo((u - 1n) * inverse(u + 1n)))
  key[KEY_BYTES - 1] = (key[KEY_BYTES - 1] ?? 0) | sign
  return key
}

const withoutType = (key: Uint8Array): Uint8Array =>
  key.length === KEY_BYTES + 1 && key[0] === SIGNAL_TYPE ? key.subarray(1) : key

/** Remembers so many entries, and then begins anew. */
const remembering = <A>(most: number) => {
  const known = new Map<string, A>()
  return (name: string, make: () => A): A => {
    const held = known.get(name)
    if (held !== undefined) return held
    if (known.size >= most) known.clear()
    const made = make()
    known.set(name, made)
    return made
  }
}

/** The members of groups sign with the same key for a long time. */
const keyNamed = remembering<KeyObject>(1000)

const ed25519Key = (montgomery: Uint8Array, sign: number): KeyObject =>
  keyNamed(`${Buffer.from(montgomery).toString('base64')}${sign}`, () =>
    createPublicKey({
      key: Buffer.concat([ED25519_SPKI, edwardsKey(montgomery, sign)]),
      format: 'der',
      type: 'spki'
    })
  )

/** Whether the owner of the public key (32 bytes, or 33 with its type) has signed the message. */
export const isSignedBy = (publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean => {
  const key = withoutType(publicKey)
  if (key.length !== KEY_BYTES || signature.length !== SIGNATURE_BYTES) return false
  const plain = Buffer.from(signature)
  const last = plain[SIGNATURE_BYTES - 1] ?? 0
  plain[SIGNATURE_BYTES - 1] = last & ~SIGN_BIT
  return verify(null, message, ed25519Key(key, last & SIGN_BIT), plain)
}

const lengthOf = ({ length }: Uint8Array): Buffer => {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(length)
  return bytes
}

/** The certificates of WhatsApp are the same on every connection: the answer about the same bytes is the same. */
const answerAbout = remembering<boolean>(100)

/** As `isSignedBy`; what was asked before is not calculated again. */
export const isSignedByAsBefore = (
  publicKey: Uint8Array,
  message: Uint8Array,
  signature: Uint8Array
): boolean => {
  const hash = createHash('sha256')
  for (const part of [publicKey, message, signature]) hash.update(lengthOf(part)).update(part)
  return answerAbout(hash.digest('base64'), () => isSignedBy(publicKey, message, signature))
}

interface NewPair {
  readonly private: Buffer
  readonly public: Buffer
}

/** A new X25519 pair. */
const newPair = (): NewPair => {
  const { d = '', x = '' } = generateKeyPairSync('x25519').privateKey.export({ format: 'jwk' })
  return { private: Buffer.from(d, 'base64url'), public: Buffer.from(x, 'base64url') }
}

/** Made ahead, for whoever needs one next. */
const spare: Array<NewPair> = []

/** Made in one turn of the event loop: less than a millisecond. */
const MADE_IN_A_TURN = 16

/**
 * Makes pairs until so many are there. An account that is linked needs eight hundred at once, and making them then would hold up
 * everybody else.
 */
export const makePairsAhead = async (count: number): Promise<void> => {
  while (spare.length < count) {
    const most = Math.min(count, spare.length + MADE_IN_A_TURN)
    while (spare.length < most) spare.push(newPair())
    await setImmediate()
  }
}

const generateKeyPair = (): NewPair => spare.pop() ?? newPair()

/** Signs with a private key of 32 bytes. */
const sign = (privateKey: Uint8Array, message: Uint8Array): Buffer =>
  Buffer.from(calculateSignature(privateKey, message))

/**
 * Has Baileys and libsignal use it, for the whole process. Baileys also ignores what libsignal answers about a signature, so that
 * every certificate, and every signature of a paired account, would be accepted. Here the answer counts.
 *
 * It takes the place of the library that libsignal calculates with: Baileys' messages of groups hold on to libsignal's own functions.
 */
export const useNativeCurve = (): void => {
  Curve.generateKeyPair = generateKeyPair
  Curve.sign = sign
  Curve.verify = isSignedByAsBefore
  curve25519.sign = sign
  curve25519.verify = isSignedBy
}
