// Node finds out by an exception that a key is bytes and not a key object, and the exception's stack trace costs several times what the
// encryption does. Baileys and libsignal give bytes: each frame and each message has several keys.
import crypto, { createSecretKey } from 'node:crypto'
import { syncBuiltinESMExports } from 'node:module'

/** What takes a secret key as its second argument. */
const TAKE_KEYS = ['createHmac', 'createCipheriv', 'createDecipheriv'] as const

const asKeyObject = (key: unknown): unknown => (key instanceof Uint8Array ? createSecretKey(key) : key)

let isUsed = false

/** Has the whole process make key objects of bytes first. What comes out is the same. */
export const useKeyObjects = (): void => {
  if (isUsed) return
  isUsed = true
  for (const name of TAKE_KEYS) {
    const make = crypto[name]
    const withKeyObject = (algorithm: unknown, key: unknown, ...rest: ReadonlyArray<unknown>): unknown =>
      Reflect.apply(make, crypto, [algorithm, asKeyObject(key), ...rest])
    Reflect.set(crypto, name, withKeyObject)
  }
  syncBuiltinESMExports()
}
