// Baileys' credentials and keys as bytes for our vault, and back. Only Baileys knows what the values mean.
import {
  type AuthenticationCreds,
  BufferJSON,
  initAuthCreds,
  jidNormalizedUser,
  proto,
  type SignalDataSet,
  type SignalDataTypeMap
} from '@whiskeysockets/baileys'
import type { KeyChanges } from '../../vault/key-changes.ts'
import type { Self } from '../convert/message.ts'

const toBytes = (value: unknown): Uint8Array => Buffer.from(JSON.stringify(value, BufferJSON.replacer))

// The bytes were written by toBytes and authenticated by the vault: they are what was put in.
// oxlint-disable-next-line typescript/no-unsafe-type-assertion
const fromBytes = <A>(bytes: Uint8Array): A =>
  JSON.parse(Buffer.from(bytes).toString(), BufferJSON.reviver) as A

export const encodeCredentials = (creds: AuthenticationCreds): Uint8Array => toBytes(creds)

/** Stored credentials, or fresh ones for a device that is about to be linked. */
export const decodeCredentials = (bytes: Buffer | undefined): AuthenticationCreds =>
  bytes === undefined ? initAuthCreds() : fromBytes<AuthenticationCreds>(bytes)

/** The account's own addresses, without a device. */
export const addressesIn = ({ me }: AuthenticationCreds): Self => ({
  jid: jidNormalizedUser(me?.id),
  ...(me?.lid === undefined ? {} : { lid: jidNormalizedUser(me.lid) })
})

/**
 * Baileys serialises a sender key with plain JSON but reads it back with BufferJSON, which leaves the keys of skipped
 * messages as plain objects: every group message that a later one has overtaken would fail to decrypt.
 */
const legibleSenderKey = (record: Uint8Array): Uint8Array =>
  Buffer.from(JSON.stringify(JSON.parse(Buffer.from(record).toString()), BufferJSON.replacer))

/** A key as the vault keeps it. */
export const encodeKey = (kind: string, value: unknown): Uint8Array => {
  if (kind === SENDER_KEY_KIND) {
    const record = value instanceof Uint8Array ? value : toBytes(value)
    return toBytes(Buffer.from(legibleSenderKey(record)))
  }
  return toBytes(value)
}

export const encodeKeys = (data: SignalDataSet): KeyChanges => {
  const changes: Record<string, Record<string, Uint8Array | null>> = {}
  for (const [kind, values] of Object.entries(data)) {
    const encoded: Record<string, Uint8Array | null> = {}
    for (const [id, value] of Object.entries(values)) {
      // A key that the phone was asked for and does not have.
      if (value === undefined) continue
      encoded[id] = value === null ? null : encodeKey(kind, value)
    }
    changes[kind] = encoded
  }
  return changes
}

export const decodeKey = <T extends keyof SignalDataTypeMap>(
  kind: T,
  bytes: Uint8Array
): SignalDataTypeMap[T] => {
  const value = fromBytes<SignalDataTypeMap[T]>(bytes)
  return kind === SYNC_KEY_KIND ? revived(value) : value
}

/** App-state keys are stored as protobuf writes itself as JSON, with bytes in base64; the type of the value stays what it was. */
const revived = <A>(value: A): A => {
  if (typeof value !== 'object' || value === null) return value
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  return proto.Message.AppStateSyncKeyData.fromObject(value) as A
}

export const SYNC_KEY_KIND = 'app-state-sync-key'
const SENDER_KEY_KIND = 'sender-key'

/** A key of app state that the phone has shared; the id is in base64. */
export interface AppStateKey {
  readonly id: string
  readonly data: proto.Message.IAppStateSyncKeyData
}

export const encodeSyncKeys = (keys: ReadonlyArray<AppStateKey>): KeyChanges => ({
  [SYNC_KEY_KIND]: Object.fromEntries(
    keys.map(({ data, id }) => [id, toBytes(proto.Message.AppStateSyncKeyData.fromObject(data))])
  )
})

/** The bytes that records are encrypted with; `undefined` when the key has none. */
export const decodeSyncKey = (bytes: Uint8Array): Uint8Array | undefined => {
  const { keyData } = decodeKey(SYNC_KEY_KIND, bytes)
  return keyData?.length ? keyData : undefined
}

/**
 * Counts new pre-keys as given away, and answers whether there were any. Baileys stores a pre-key, hands it out and reports
 * later that its number is used up: after a crash in between it would make another pre-key with the same number, and
 * messages encrypted with the first could never be decrypted. So the counters are written with the keys.
 */
export const reservePreKeys = (creds: AuthenticationCreds, changes: KeyChanges): boolean => {
  const made = Object.entries(changes['pre-key'] ?? {}).flatMap(([id, value]) =>
    value === null ? [] : [Number(id)]
  )
  if (made.length === 0) return false
  const next = Math.max(...made) + 1
  creds.nextPreKeyId = Math.max(creds.nextPreKeyId, next)
  creds.firstUnuploadedPreKeyId = Math.max(creds.firstUnuploadedPreKeyId, next)
  return true
}
