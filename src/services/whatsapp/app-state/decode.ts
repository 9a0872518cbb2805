// Verifies and decrypts patches and snapshots of a collection. Keys and earlier records are given, what follows is returned. The event
// loop goes on meanwhile: a collection can have a record of each contact.
import { Effect } from 'effect'
import { proto } from '@whiskeysockets/baileys/WAProto/index.js'
import { bytesField } from '../../../domain/protobuf.ts'
import type { Mutation } from '../convert/app-state.ts'
import { numberOf } from '../convert/numbers.ts'
import { sameBytes } from '../media/decryption.ts'
import {
  changedHash,
  EMPTY_HASH,
  indexMacIn,
  openRecord,
  patchMac,
  type RecordKeys,
  snapshotMac,
  valueMacIn
} from './records.ts'

const { REMOVE, SET } = proto.SyncdMutation.SyncdOperation

export interface CollectionState {
  readonly version: number
  readonly hash: Uint8Array
}

/** A record as it is remembered; without a value MAC it is removed. `recordIndex` is `null` when it could not be read. */
export interface RecordChange {
  readonly indexMac: string
  readonly valueMac: Uint8Array | undefined
  readonly recordIndex: string | null
}

export interface DecodedRecords {
  readonly state: CollectionState
  readonly changes: ReadonlyArray<RecordChange>
  readonly mutations: ReadonlyArray<Mutation>
  /** Records that are the phone's and cannot be read all the same. */
  readonly unreadable: number
  /** Whether the MACs prove that nothing is missing and nothing was changed. */
  readonly isComplete: boolean
}

export interface DecodedPatch extends DecodedRecords {
  /** Whether they prove that one of the account's devices wrote it, whatever that device knew of the collection. */
  readonly isAuthentic: boolean
}

/** Keys by their id in base64. */
export type KeysById = ReadonlyMap<string, RecordKeys>

export const keyIdOf = (keyId: proto.IKeyId | null | undefined): string =>
  Buffer.from(keyId?.id ?? []).toString('base64')

/** The keys that the records and MACs of a patch or snapshot are made with. */
export const keyIdsIn = (patch: proto.ISyncdPatch | proto.ISyncdSnapshot): ReadonlyArray<string> => {
  const records =
    'records' in patch ? (patch.records ?? []) : mutationsIn(patch).map(({ record }) => record ?? {})
  return [...new Set([keyIdOf(patch.keyId), ...records.map(({ keyId }) => keyIdOf(keyId))])]
}

const mutationsIn = (patch: proto.ISyncdPatch | proto.ISyncdSnapshot): ReadonlyArray<proto.ISyncdMutation> =>
  'mutations' in patch ? (patch.mutations ?? []) : []

/** The records that a patch is about, by their index MACs. */
export const indexMacsIn = (patch: proto.ISyncdPatch): ReadonlyArray<string> =>
  (patch.mutations ?? []).map(({ record }) => indexMacIn(record ?? {}))

const parsedIndex = (index: Uint8Array | null | undefined): ReadonlyArray<string> | undefined => {
  try {
    const parsed: unknown = JSON.parse(Buffer.from(index ?? []).toString())
    return Array.isArray(parsed) && parsed.length > 0 ? parsed.map(String) : undefined
  } catch {
    return undefined
  }
}

/** A record in the clear as a mutation; `undefined` when it has no index. */
export const mutationOf = (
  data: proto.ISyncActionData,
  operation: Mutation['operation']
): Mutation | undefined => {
  const index = parsedIndex(data.index)
  return index === undefined ? undefined : { operation, index, value: data.value ?? {} }
}

/** The field of a record with its value, the value's field with the salt of tokens, and the salt in that. */
const SALT_PATH = [2, 80, 1]

/** Baileys' classes do not know it. */
const tokenSaltIn = (plain: Uint8Array): Uint8Array | undefined => {
  let bytes: Uint8Array | undefined = plain
  for (const field of SALT_PATH) bytes = bytes && bytesField(bytes, field)
  return bytes
}

const opened = (
  { operation, record }: proto.ISyncdMutation,
  keys: KeysById
): Mutation | 'unauthentic' | 'unreadable' => {
  const key = keys.get(keyIdOf(record?.keyId))
  if (key === undefined || !record) return 'unauthentic'
  const read = openRecord(key, operation ?? SET, record)
  if (typeof read === 'string') return read
  const mutation = mutationOf(read.data, operation === REMOVE ? 'remove' : 'set')
  return mutation === undefined ? 'unreadable' : { ...mutation, tokenSalt: tokenSaltIn(read.plain) }
}

/** So many records take some milliseconds, also the first that are ever read. */
const RECORDS_AT_ONCE = 20

interface Reading {
  readonly keys: KeysById
  /** Completes once other work of the server has had its turn. */
  readonly turn: Effect.Effect<void>
}

/** `valueMacs` are those of the records before, by index MAC. */
const applied = Effect.fnUntraced(function* (
  before: CollectionState,
  version: number,
  mutations: ReadonlyArray<proto.ISyncdMutation>,
  valueMacs: ReadonlyMap<string, Uint8Array>,
  { keys, turn }: Reading
) {
  const current = new Map(valueMacs)
  const removed: Array<Uint8Array> = []
  const added: Array<Uint8Array> = []
  const changes: Array<RecordChange> = []
  const read: Array<Mutation> = []
  let unreadable = 0
  let isAuthentic = true
  for (const [place, mutation] of mutations.entries()) {
    if (place > 0 && place % RECORDS_AT_ONCE === 0) yield* turn
    const record = mutation.record ?? {}
    const indexMac = indexMacIn(record)
    const earlier = current.get(indexMac)
    if (earlier !== undefined) removed.push(earlier)
    const valueMac = mutation.operation === REMOVE ? undefined : valueMacIn(record)
    if (valueMac === undefined) current.delete(indexMac)
    else {
      added.push(valueMac)
      current.set(indexMac, valueMac)
    }
    const readable = opened(mutation, keys)
    if (readable === 'unauthentic') isAuthentic = false
    else if (readable === 'unreadable') unreadable += 1
    else read.push(readable)
    changes.push({
      indexMac,
      valueMac,
      recordIndex: typeof readable === 'string' ? null : JSON.stringify(readable.index)
    })
  }
  return {
    state: { version, hash: changedHash(before.hash, removed, added) },
    changes,
    mutations: read,
    unreadable,
    isAuthentic
  } satisfies Omit<DecodedPatch, 'isComplete'>
})

const versionIn = ({ version }: proto.ISyncdPatch | proto.ISyncdSnapshot): number =>
  numberOf(version?.version) ?? 0

/** A patch follows on the version before it; its MACs prove that it and everything before it are whole. */
export const decodePatch = Effect.fnUntraced(function* (
  collection: string,
  patch: proto.ISyncdPatch,
  before: CollectionState,
  valueMacs: ReadonlyMap<string, Uint8Array>,
  reading: Reading
): Effect.fn.Return<DecodedPatch> {
  const version = versionIn(patch) || before.version + 1
  const decoded = yield* applied(before, version, patch.mutations ?? [], valueMacs, reading)
  const key = reading.keys.get(keyIdOf(patch.keyId))
  const isAuthentic =
    key !== undefined &&
    decoded.isAuthentic &&
    version === before.version + 1 &&
    sameBytes(patchMac(key, collection, version, patch), patch.patchMac ?? EMPTY_HASH)
  const isComplete =
    isAuthentic &&
    sameBytes(snapshotMac(key, collection, version, decoded.state.hash), patch.snapshotMac ?? EMPTY_HASH)
  return { ...decoded, isAuthentic, isComplete }
})

/** A snapshot has all records of a collection. */
export const decodeSnapshot = Effect.fnUntraced(function* (
  collection: string,
  snapshot: proto.ISyncdSnapshot,
  reading: Reading
): Effect.fn.Return<DecodedRecords> {
  const version = versionIn(snapshot)
  const mutations = (snapshot.records ?? []).map(record => ({ operation: SET, record }))
  const { isAuthentic, ...decoded } = yield* applied(
    { version: 0, hash: EMPTY_HASH },
    version,
    mutations,
    new Map(),
    reading
  )
  const key = reading.keys.get(keyIdOf(snapshot.keyId))
  const isComplete =
    key !== undefined &&
    isAuthentic &&
    sameBytes(snapshotMac(key, collection, version, decoded.state.hash), snapshot.mac ?? EMPTY_HASH)
  return { ...decoded, isComplete }
})
