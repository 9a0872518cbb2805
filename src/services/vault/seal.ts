// Encryption at rest: AES-256-GCM, a fresh nonce each time, bound to what the value is, so that rows cannot be swapped.
import { createCipheriv, createDecipheriv, createSecretKey, hkdfSync, randomBytes } from 'node:crypto'
import { chmodSync, existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Context, Effect, Layer, Schema } from 'effect'
import { SqlClient } from 'effect/sql'
import { asDatabaseError, type DatabaseError } from '../database/error.ts'

const KEY_BYTES = 32
const VERSION = 1
const NONCE = 12
const TAG = 16

/** What the value is sealed as by which a database knows its key. */
export const CHECK_LABEL = 'vault check'

/** A sealed value does not open: wrong key, or the bytes were changed. */
export class SealBroken extends Schema.TaggedError<SealBroken>()('SealBroken', { of: Schema.String }) {
  override get message(): string {
    return `A stored secret (${this.of}) cannot be opened with this VAULT_KEY`
  }
}

/** The key in the data folder cannot be read or written, or is not a key. */
export class VaultKeyError extends Schema.TaggedError<VaultKeyError>()('VaultKeyError', {
  message: Schema.String
}) {}

/** Seals and opens small values. `of` says what the value is; opening it as anything else fails. */
export class Seal extends Context.Service<
  Seal,
  {
    readonly close: (of: string, plain: Uint8Array) => Uint8Array
    readonly open: (of: string, sealed: Uint8Array) => Effect.Effect<Buffer, SealBroken>
    /** A key for something else, always the same. */
    readonly derive: (purpose: string) => Uint8Array
  }
>()('backscroll/services/vault/Seal') {}

const NONCES_AT_ONCE = 256

/** Random nonces, drawn many at a time: linking an account seals eight hundred keys, and asking the system for each took as long as sealing them. */
const makeNonces = (): (() => Uint8Array) => {
  let drawn = Buffer.alloc(0)
  return () => {
    if (drawn.length === 0) drawn = randomBytes(NONCE * NONCES_AT_ONCE)
    const nonce = drawn.subarray(0, NONCE)
    drawn = drawn.subarray(NONCE)
    return nonce
  }
}

/** A Seal on the given 32-byte key. */
export const make = (key: Uint8Array): Seal['Service'] => {
  // Node takes bytes for a key, too, but an exception and its stack trace then cost more than the encryption.
  const secret = createSecretKey(key)
  const nextNonce = makeNonces()
  return {
    derive: purpose => new Uint8Array(hkdfSync('sha256', key, '', purpose, KEY_BYTES)),
    close: (of, plain) => {
      const nonce = nextNonce()
      const cipher = createCipheriv('aes-256-gcm', secret, nonce).setAAD(Buffer.from(of))
      const body = Buffer.concat([cipher.update(plain), cipher.final()])
      return Buffer.concat([Uint8Array.of(VERSION), nonce, cipher.getAuthTag(), body])
    },
    open: (of, sealed) =>
      Effect.try({
        try: () => {
          if (sealed[0] !== VERSION || sealed.length < 1 + NONCE + TAG)
            throw new Error('not sealed by this version')
          const nonce = sealed.subarray(1, 1 + NONCE)
          const decipher = createDecipheriv('aes-256-gcm', secret, nonce, { authTagLength: TAG })
            .setAAD(Buffer.from(of))
            .setAuthTag(sealed.subarray(1 + NONCE, 1 + NONCE + TAG))
          return Buffer.concat([decipher.update(sealed.subarray(1 + NONCE + TAG)), decipher.final()])
        },
        catch: () => new SealBroken({ of })
      })
  }
}

const FILE = 'vault.key'

const keyFrom = (file: string): Uint8Array => {
  const text = readFileSync(file, 'utf8').trim()
  const key = Buffer.from(text, 'base64')
  if (key.length !== KEY_BYTES) throw new Error(`${file} does not hold 32 bytes in base64`)
  chmodSync(file, 0o600)
  return key
}

/** Written whole and to the disk before it has its name: a full disk leaves no half of a key. */
const makeKey = (file: string): Uint8Array => {
  const key = randomBytes(KEY_BYTES)
  const unfinished = `${file}.new`
  try {
    rmSync(unfinished, { force: true })
    writeFileSync(unfinished, key.toString('base64'), { mode: 0o600, flag: 'wx', flush: true })
    renameSync(unfinished, file)
  } catch (cause) {
    rmSync(unfinished, { force: true })
    throw cause
  }
  return key
}

const attempt = <A>(work: () => A): Effect.Effect<A, VaultKeyError> =>
  Effect.try({
    try: work,
    catch: cause =>
      new VaultKeyError({
        message: `The vault key in DATA_DIR cannot be used: ${cause instanceof Error ? cause.message : String(cause)}`
      })
  })

/** The key in the data folder, readable by the owner only; made if there is none and nothing was sealed yet. */
const keyIn = Effect.fnUntraced(function* (folder: string) {
  const file = join(folder, FILE)
  if (yield* attempt(() => existsSync(file))) return yield* attempt(() => keyFrom(file))
  if (yield* isAnythingSealed)
    return yield* new VaultKeyError({
      message: `${file} is missing, and the database was written with it. Put the file back, or set VAULT_KEY to what it held. Without it every account has to be linked again: move the database away and start with --new. No key was made.`
    })
  return yield* attempt(() => makeKey(file))
})

const isAnythingSealed = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  return (yield* sql`SELECT 1 FROM vault_check`).length > 0
}).pipe(asDatabaseError('the vault'))

/** The key from the settings, or the one in the data folder. */
export const layer = (options: {
  readonly key: Uint8Array | ''
  readonly folder: string
}): Layer.Layer<Seal, VaultKeyError | DatabaseError, SqlClient.SqlClient> =>
  Layer.effect(
    Seal,
    Effect.map(options.key === '' ? keyIn(options.folder) : Effect.succeed(options.key), key =>
      Seal.of(make(key))
    )
  )
