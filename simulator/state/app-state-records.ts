// Records of app state as they travel: each is encrypted and authenticated under a sync key; patches and snapshots are
// authenticated over the sum (LT hash) of all records that a collection then has.
import { createCipheriv, createDecipheriv, createHmac, randomBytes } from 'node:crypto'
import { hkdf, LT_HASH_ANTI_TAMPERING, proto } from '@whiskeysockets/baileys'

const { REMOVE } = proto.SyncdMutation.SyncdOperation
export type Operation = proto.SyncdMutation.SyncdOperation

/** A key that a phone shares with its linked devices, by its id in base64. */
export interface SyncKey {
  readonly id: Buffer
  readonly data: Buffer
}

interface ExpandedKey {
  readonly index: Buffer
  readonly encryption: Buffer
  readonly valueMac: Buffer
  readonly snapshotMac: Buffer
  readonly patchMac: Buffer
}

const expand = ({ data }: SyncKey): ExpandedKey => {
  const bytes = Buffer.from(hkdf(data, 160, { info: 'WhatsApp Mutation Keys' }))
  const part = (place: number): Buffer => bytes.subarray(place * 32, place * 32 + 32)
  return {
    index: part(0),
    encryption: part(1),
    valueMac: part(2),
    snapshotMac: part(3),
    patchMac: part(4)
  }
}

const hmac = (key: Buffer, ...parts: readonly Uint8Array[]): Buffer => {
  const mac = createHmac('sha256', key)
  for (const part of parts) mac.update(part)
  return mac.digest()
}

const bigEndian = (value: number): Buffer => {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64BE(BigInt(value))
  return bytes
}

/** The first half of an HMAC over operation, key and content. */
const valueMacOf = (key: SyncKey, operation: Operation, content: Uint8Array): Buffer => {
  const named = Buffer.concat([Buffer.from([operation === REMOVE ? 2 : 1]), key.id])
  return createHmac('sha512', expand(key).valueMac)
    .update(named)
    .update(content)
    .update(bigEndian(named.length))
    .digest()
    .subarray(0, 32)
}

/** A record in the clear, as the phone keeps it. */
export interface PlainRecord {
  readonly operation: Operation
  /** JSON of the index. */
  readonly index: Buffer
  /** An encoded `SyncActionData`. */
  readonly data: Uint8Array
}

export const sealRecord = (key: SyncKey, { data, index, operation }: PlainRecord): proto.ISyncdRecord => {
  const { encryption, index: indexKey } = expand(key)
  const iv = randomBytes(16)
  const cipher = createCipheriv('aes-256-cbc', encryption, iv)
  const content = Buffer.concat([iv, cipher.update(data), cipher.final()])
  return {
    index: { blob: hmac(indexKey, index) },
    value: { blob: Buffer.concat([content, valueMacOf(key, operation, content)]) },
    keyId: { id: key.id }
  }
}

/** What a linked device wrote; throws when it was not made with this key. */
export const openRecord = (
  key: SyncKey,
  operation: Operation,
  record: proto.ISyncdRecord
): proto.SyncActionData => {
  const blob = Buffer.from(record.value?.blob ?? [])
  const content = blob.subarray(0, -32)
  if (!valueMacOf(key, operation, content).equals(blob.subarray(-32))) throw new Error('wrong value MAC')
  const { encryption, index } = expand(key)
  const decipher = createDecipheriv('aes-256-cbc', encryption, content.subarray(0, 16))
  const plain = Buffer.concat([decipher.update(content.subarray(16)), decipher.final()])
  const data = proto.SyncActionData.decode(plain)
  if (!hmac(index, data.index ?? Buffer.alloc(0)).equals(Buffer.from(record.index?.blob ?? []))) {
    throw new Error('wrong index MAC')
  }
  return data
}

export const indexMacOf = ({ index }: proto.ISyncdRecord): string =>
  Buffer.from(index?.blob ?? []).toString('base64')

export const valueMacIn = ({ value }: proto.ISyncdRecord): Buffer =>
  Buffer.from(value?.blob ?? []).subarray(-32)

export const EMPTY_HASH = Buffer.alloc(128)

export const changedHash = (hash: Uint8Array, removed: readonly Buffer[], added: readonly Buffer[]): Buffer =>
  Buffer.from(LT_HASH_ANTI_TAMPERING.subtractThenAdd(hash, [...removed], [...added]))

export const snapshotMac = (key: SyncKey, name: string, version: number, hash: Uint8Array): Buffer =>
  hmac(expand(key).snapshotMac, hash, bigEndian(version), Buffer.from(name))

export const patchMac = (
  key: SyncKey,
  name: string,
  version: number,
  snapshot: Buffer,
  mutations: readonly proto.ISyncdMutation[]
): Buffer =>
  hmac(
    expand(key).patchMac,
    snapshot,
    ...mutations.map(({ record }) => valueMacIn(record ?? {})),
    bigEndian(version),
    Buffer.from(name)
  )
