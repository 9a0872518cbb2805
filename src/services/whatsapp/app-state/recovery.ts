// A collection in the clear, which the phone sends a device that cannot read it any more.
import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import { proto } from '@whiskeysockets/baileys/WAProto/index.js'
import { Effect } from 'effect'
import { bytesField, bytesFields } from '../../../domain/protobuf.ts'
import {
  type CollectionState,
  type DecodedRecords,
  type KeysById,
  mutationOf,
  type RecordChange
} from './decode.ts'
import { indexMacOf } from './records.ts'

/** The phone's answer as it arrived. */
export interface RecoveryAnswer {
  readonly snapshot: Uint8Array
  readonly isCompressed: boolean
}

interface PlainRecord {
  readonly data: proto.SyncActionData
  readonly keyId: string
  readonly valueMac: Uint8Array
}

/** A collection as the phone has it. */
export interface Recovery {
  readonly collection: string
  readonly state: CollectionState
  readonly records: ReadonlyArray<PlainRecord>
}

/** Bytes; only stops what cannot be a collection. */
const LARGEST = 64 * 1024 * 1024
const HASH_BYTES = 128

const inflated = ({ isCompressed, snapshot }: RecoveryAnswer) =>
  Effect.tryPromise((): Promise<Uint8Array> =>
    isCompressed ? promisify(gunzip)(snapshot, { maxOutputLength: LARGEST }) : Promise.resolve(snapshot)
  )

/** `SyncdSnapshotRecovery`, which Baileys' schema lacks: version 1, name 2, records 3, LT hash 4. */
const decoded = (bytes: Uint8Array): Recovery | undefined => {
  const version = proto.SyncdVersion.decode(bytesField(bytes, 1) ?? new Uint8Array(0))
  const collection = Buffer.from(bytesField(bytes, 2) ?? []).toString()
  const hash = bytesField(bytes, 4)
  if (collection === '' || hash?.length !== HASH_BYTES) return undefined
  const records = (bytesFields(bytes, 3) ?? []).map(record => ({
    data: proto.SyncActionData.decode(bytesField(record, 1) ?? new Uint8Array(0)),
    keyId: Buffer.from(bytesField(record, 2) ?? []).toString('base64'),
    valueMac: bytesField(record, 3) ?? new Uint8Array(0)
  }))
  return { collection, state: { version: Number(version.version ?? 0), hash }, records }
}

/** `undefined` when it is no answer that can be used. */
export const decodeRecovery = (answer: RecoveryAnswer): Effect.Effect<Recovery | undefined> =>
  inflated(answer).pipe(
    Effect.flatMap(bytes => Effect.try(() => decoded(bytes))),
    Effect.orElseSucceed(() => undefined)
  )

export const keyIdsOf = ({ records }: Recovery): ReadonlyArray<string> => [
  ...new Set(records.map(({ keyId }) => keyId))
]

/** A record whose key is not known cannot be found again by a later patch: the collection is then not whole. */
export const recordsOf = ({ records, state }: Recovery, keys: KeysById): DecodedRecords => {
  const read = records.map(({ data, keyId, valueMac }) => {
    const mutation = mutationOf(data, 'set')
    const key = keys.get(keyId)
    const recordIndex = mutation === undefined ? null : JSON.stringify(mutation.index)
    const change: RecordChange | undefined = key && {
      indexMac: indexMacOf(key, data.index ?? new Uint8Array(0)),
      valueMac,
      recordIndex
    }
    return { mutation, change }
  })
  return {
    state,
    changes: read.flatMap(({ change }) => change ?? []),
    mutations: read.flatMap(({ mutation }) => mutation ?? []),
    unreadable: read.filter(({ mutation }) => mutation === undefined).length,
    isComplete: read.every(({ change }) => change !== undefined)
  }
}
