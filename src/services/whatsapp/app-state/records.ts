// Cryptography of app state: the keys that a sync key expands to, records, and the MACs of patches and snapshots.
import { createDecipheriv, createHmac } from 'node:crypto'
import { hkdf, LT_HASH_ANTI_TAMPERING, proto } from '@whiskeysockets/baileys'
import { sameBytes } from '../media/decryption.ts'

const { REMOVE } = proto.SyncdMutation.SyncdOperation
type Operation = proto.SyncdMutation.SyncdOperation

/** What one sync key expands to. */
export interface RecordKeys {
  readonly index: Uint8Array
  readonly encryption: Uint8Array
  readonly valueMac: Uint8Array
  readonly snapshotMac: Uint8Array
  readonly patchMac: Uint8Array
}

const KEY_BYTES = 32
const MAC_BYTES = 32
const IV_BYTES = 16

export const expandSyncKey = (keyData: Uint8Array): RecordKeys => {
  const bytes = hkdf(keyData, 5 * KEY_BYTES, { info: 'WhatsApp Mutation Keys' })
  const part = (place: number) => bytes.subarray(place * KEY_BYTES, (place + 1) * KEY_BYTES)
  return {
    index: part(0),
    encryption: part(1),
    valueMac: part(2),
    snapshotMac: part(3),
    patchMac: part(4)
  }
}

const hmac = (
  algorithm: 'sha256' | 'sha512',
  key: Uint8Array,
  parts: ReadonlyArray<Uint8Array>
): Uint8Array => {
  const mac = createHmac(algorithm, key)
  for (const part of parts) mac.update(part)
  return mac.digest()
}

const uint64 = (value: number): Uint8Array => {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64BE(BigInt(value))
  return bytes
}

const valueMacOf = (
  keys: RecordKeys,
  keyId: Uint8Array,
  operation: Operation,
  content: Uint8Array
): Uint8Array => {
  const named = Buffer.concat([Buffer.from([operation === REMOVE ? 2 : 1]), keyId])
  return hmac('sha512', keys.valueMac, [named, content, uint64(named.length)]).subarray(0, MAC_BYTES)
}

/** By which a record is found whatever it says, in base64. */
export const indexMacIn = ({ index }: proto.ISyncdRecord): string =>
  Buffer.from(index?.blob ?? []).toString('base64')

export const indexMacOf = (keys: RecordKeys, index: Uint8Array): string =>
  Buffer.from(hmac('sha256', keys.index, [index])).toString('base64')

export const valueMacIn = ({ value }: proto.ISyncdRecord): Uint8Array =>
  (value?.blob ?? new Uint8Array(0)).slice(-MAC_BYTES)

/** What a record says. `unauthentic`: it is not what its MACs name; `unreadable`: it is, and is no `SyncActionData`. */
export interface OpenedRecord {
  readonly data: proto.SyncActionData
  /** Its bytes, with fields that Baileys' classes do not know. */
  readonly plain: Uint8Array
}

export const openRecord = (
  keys: RecordKeys,
  operation: Operation,
  record: proto.ISyncdRecord
): OpenedRecord | 'unauthentic' | 'unreadable' => {
  const content = (record.value?.blob ?? new Uint8Array(0)).slice(0, -MAC_BYTES)
  const keyId = record.keyId?.id ?? new Uint8Array(0)
  if (!sameBytes(valueMacOf(keys, keyId, operation, content), valueMacIn(record))) return 'unauthentic'
  try {
    const decipher = createDecipheriv('aes-256-cbc', keys.encryption, content.subarray(0, IV_BYTES))
    const plain = Buffer.concat([decipher.update(content.subarray(IV_BYTES)), decipher.final()])
    const data = proto.SyncActionData.decode(plain)
    const isNamed = indexMacOf(keys, data.index ?? new Uint8Array(0)) === indexMacIn(record)
    return isNamed ? { data, plain } : 'unauthentic'
  } catch {
    return 'unreadable'
  }
}

export const EMPTY_HASH: Uint8Array = new Uint8Array(128)

/** The sum of a collection's records after some are removed and others added, by their value MACs. */
export const changedHash = (
  hash: Uint8Array,
  removed: ReadonlyArray<Uint8Array>,
  added: ReadonlyArray<Uint8Array>
): Uint8Array => LT_HASH_ANTI_TAMPERING.subtractThenAdd(hash, [...removed], [...added])

export const snapshotMac = (
  keys: RecordKeys,
  collection: string,
  version: number,
  hash: Uint8Array
): Uint8Array => hmac('sha256', keys.snapshotMac, [hash, uint64(version), Buffer.from(collection)])

export const patchMac = (
  keys: RecordKeys,
  collection: string,
  version: number,
  patch: proto.ISyncdPatch
): Uint8Array =>
  hmac('sha256', keys.patchMac, [
    patch.snapshotMac ?? new Uint8Array(0),
    ...(patch.mutations ?? []).map(({ record }) => valueMacIn(record ?? {})),
    uint64(version),
    Buffer.from(collection)
  ])
