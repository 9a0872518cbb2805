// What a key looks like: `bsk_<id>_<secret>`. It is found by its id and compared by its hash, in constant time.
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'

const FORM = /^bsk_([0-9a-f]{16})_[\w-]{43}$/

/** 64 random bits: names a key in lists and in the audit log. */
export const newKeyId = (): string => randomBytes(8).toString('hex')

/** 256 random bits. */
export const newKeyText = (keyId: string): string => `bsk_${keyId}_${randomBytes(32).toString('base64url')}`

/** The id in a key; `undefined` for anything else. */
export const keyIdIn = (text: string): string | undefined => FORM.exec(text)?.[1]

/** SHA-256, in hexadecimal: a random key needs no slower one. */
export const hashOfKey = (text: string): string => createHash('sha256').update(text).digest('hex')

/** Takes the same time for every wrong key. */
export const isHashOf = (hash: string, text: string): boolean =>
  timingSafeEqual(Buffer.from(hash, 'hex'), createHash('sha256').update(text).digest())
