// Baileys' credentials and Signal keys on our vault. What the values mean is Baileys' business; that they are
// sealed, transactional and per account is ours.
import {
  type AuthenticationCreds,
  BufferJSON,
  initAuthCreds,
  proto,
  type SignalDataSet,
  type SignalDataTypeMap,
  type SignalKeyStore
} from '@whiskeysockets/baileys'
import type { KeyChanges, Vault } from '../vault/vault.ts'
import type { Effect } from 'effect'

/** Runs an effect from Baileys' promise world; a failure rejects. */
export type RunPromise = <A, E>(effect: Effect.Effect<A, E>) => Promise<A>

const toBytes = (value: unknown): Uint8Array => Buffer.from(JSON.stringify(value, BufferJSON.replacer))

// The bytes were written by toBytes and authenticated by the vault: they are what was put in.
// oxlint-disable-next-line typescript/no-unsafe-type-assertion
const fromBytes = <A>(bytes: Buffer): A => JSON.parse(bytes.toString(), BufferJSON.reviver) as A

export const encodeCredentials = (creds: AuthenticationCreds): Uint8Array => toBytes(creds)

/** Stored credentials, or fresh ones for a device that is about to be linked. */
export const decodeCredentials = (bytes: Buffer | undefined): AuthenticationCreds =>
  bytes === undefined ? initAuthCreds() : fromBytes<AuthenticationCreds>(bytes)

export const keyChanges = (data: SignalDataSet): KeyChanges => {
  const changes: Record<string, Record<string, Uint8Array | null>> = {}
  for (const [kind, values] of Object.entries(data)) {
    const sealed: Record<string, Uint8Array | null> = {}
    for (const [id, value] of Object.entries(values)) sealed[id] = value === null ? null : toBytes(value)
    changes[kind] = sealed
  }
  return changes
}

/** A key store on the vault; `write` is called with every change and decides what else goes into that transaction. */
export const makeKeyStore = (options: {
  readonly accountId: string
  readonly vault: Vault['Service']
  readonly run: RunPromise
  readonly write: (changes: KeyChanges) => Promise<void>
}): SignalKeyStore => ({
  get: async <T extends keyof SignalDataTypeMap>(kind: T, ids: Array<string>) => {
    const found = await options.run(options.vault.readKeys(options.accountId, kind, ids))
    const values: { [id: string]: SignalDataTypeMap[T] } = {}
    for (const [id, bytes] of found) {
      const value = fromBytes<SignalDataTypeMap[T]>(bytes)
      values[id] = kind === 'app-state-sync-key' ? revived(value) : value
    }
    return values
  },
  set: data => options.write(keyChanges(data))
})

/** App-state keys must be protobuf objects again; the type of the value stays what it was. */
const revived = <A>(value: A): A => {
  if (typeof value !== 'object' || value === null) return value
  return Object.assign(proto.Message.AppStateSyncKeyData.create(), value)
}
