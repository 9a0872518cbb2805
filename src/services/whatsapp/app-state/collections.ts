// How far each collection of app state has been read, and its records, in SQL.
import { Effect, Schema } from 'effect'
import type { SqlClient } from 'effect/sql'
import type { SqlBulk } from '../../database/bulk.ts'
import { listOf } from '../../database/dialect.ts'
import type { CollectionState, RecordChange } from './decode.ts'
import { EMPTY_HASH } from './records.ts'

/** Why a collection has to be looked at: a key is missing, records are missing or changed, or the phone has sent a new copy. */
export type Trouble = 'missingKey' | 'damaged' | 'recovered'

export interface Collection extends CollectionState {
  readonly name: string
  readonly trouble: Trouble | null
  /** The id of the missing key, base64. */
  readonly missingKey: string | null
  /** When the phone was asked for help, milliseconds since 1970. */
  readonly askedAt: number | null
}

export const NEW_COLLECTION: Omit<Collection, 'name'> = {
  version: 0,
  hash: EMPTY_HASH,
  trouble: null,
  missingKey: null,
  askedAt: null
}

export const readCollections = (sql: SqlClient.SqlClient, accountId: string) =>
  sql<Collection>`SELECT name, version, hash, trouble, missing_key, asked_at FROM app_state_collections
    WHERE account_id = ${accountId}`

export const writeCollection = (sql: SqlClient.SqlClient, accountId: string, collection: Collection) =>
  sql`INSERT INTO app_state_collections (account_id, name, version, hash, trouble, missing_key, asked_at)
    VALUES (${accountId}, ${collection.name}, ${collection.version}, ${collection.hash}, ${collection.trouble},
      ${collection.missingKey}, ${collection.askedAt})
    ON CONFLICT (account_id, name) DO UPDATE SET version = excluded.version, hash = excluded.hash,
      trouble = excluded.trouble, missing_key = excluded.missing_key, asked_at = excluded.asked_at`

/** Somebody else has read the collection on, or it was forgotten, since it was looked at. */
export class CollectionChanged extends Schema.TaggedError<CollectionChanged>()('CollectionChanged', {
  collection: Schema.String
}) {}

/** Fails unless what is stored of the collection is of the same version as this. */
export const requireSameVersion = Effect.fnUntraced(function* (
  sql: SqlClient.SqlClient,
  accountId: string,
  { name, version }: Collection
) {
  const [stored] = yield* sql<{ version: number }>`SELECT version FROM app_state_collections
    WHERE account_id = ${accountId} AND name = ${name}`
  if ((stored?.version ?? NEW_COLLECTION.version) !== version)
    return yield* new CollectionChanged({ collection: name })
})

/** The value MACs of records, by their index MACs. */
export const readValueMacs = (
  sql: SqlClient.SqlClient,
  accountId: string,
  collection: string,
  indexMacs: ReadonlyArray<string>
) =>
  Effect.map(
    sql<{ indexMac: string; valueMac: Uint8Array }>`SELECT index_mac, value_mac FROM app_state_records
      WHERE account_id = ${accountId} AND collection = ${collection} AND index_mac IN ${listOf(sql, indexMacs)}`,
    rows => new Map(rows.map(({ indexMac, valueMac }) => [indexMac, valueMac]))
  )

const UPSERT = `INSERT INTO app_state_records (account_id, collection, index_mac, value_mac, record_index) VALUES (?, ?, ?, ?, ?)
  ON CONFLICT (account_id, collection, index_mac) DO UPDATE SET value_mac = excluded.value_mac,
    record_index = COALESCE(excluded.record_index, record_index)`

/** Sets and removes records, in their order: a patch may name one twice. */
export const changeRecords = Effect.fnUntraced(function* (
  sql: SqlClient.SqlClient,
  bulk: SqlBulk['Service'],
  accountId: string,
  collection: string,
  changes: ReadonlyArray<RecordChange>
) {
  const last = new Map(changes.map(change => [change.indexMac, change]))
  const removed = [...last.values()].filter(({ valueMac }) => valueMac === undefined)
  yield* sql`DELETE FROM app_state_records WHERE account_id = ${accountId} AND collection = ${collection}
    AND index_mac IN ${listOf(
      sql,
      removed.map(({ indexMac }) => indexMac)
    )}`
  yield* bulk.runMany(
    UPSERT,
    [...last.values()]
      .filter(({ valueMac }) => valueMac !== undefined)
      .map(({ indexMac, recordIndex, valueMac }) => [accountId, collection, indexMac, valueMac, recordIndex])
  )
})

/** All records of a collection that are known, with their value MACs. */
export const readRecordMacs = (sql: SqlClient.SqlClient, accountId: string, collection: string) =>
  sql<{ indexMac: string; valueMac: Uint8Array }>`SELECT index_mac, value_mac FROM app_state_records
    WHERE account_id = ${accountId} AND collection = ${collection}`

/** The names of all readable records of a collection, as JSON. */
export const readIndexes = (sql: SqlClient.SqlClient, accountId: string, collection: string) =>
  Effect.map(
    sql<{ recordIndex: string }>`SELECT record_index FROM app_state_records
      WHERE account_id = ${accountId} AND collection = ${collection} AND record_index IS NOT NULL`,
    rows => rows.map(({ recordIndex }) => recordIndex)
  )

export const removeRecords = (sql: SqlClient.SqlClient, accountId: string, collection: string) =>
  sql`DELETE FROM app_state_records WHERE account_id = ${accountId} AND collection = ${collection}`

/** A new link reads every collection from its beginning. The records stay, to notice which are gone by then. */
export const forgetVersions = (sql: SqlClient.SqlClient, accountId: string) =>
  sql`DELETE FROM app_state_collections WHERE account_id = ${accountId}`
