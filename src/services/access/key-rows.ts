// Keys in SQL. Of each only the hashes of its secrets are stored.
import { Effect, Schema } from 'effect'
import type { SqlClient } from 'effect/sql'
import { AccessScope } from '../../domain/access-key.ts'
import { ROLES } from '../../domain/grant.ts'

const Scope = Schema.fromJsonString(AccessScope)

const StoredKey = Schema.Struct({
  keyId: Schema.String,
  name: Schema.String,
  role: Schema.Literals(ROLES),
  accounts: Scope,
  events: Scope,
  requestsPerMinute: Schema.NullOr(Schema.Finite),
  createdAt: Schema.Finite,
  expiresAt: Schema.NullOr(Schema.Finite),
  lastUsedAt: Schema.NullOr(Schema.Finite),
  rotatedAt: Schema.NullOr(Schema.Finite),
  secretHash: Schema.String,
  /** Of the secret before, which is valid until `previousUntil`. */
  previousHash: Schema.NullOr(Schema.String),
  previousUntil: Schema.NullOr(Schema.Finite)
})
export type StoredKey = typeof StoredKey.Type

const decodeRows = Schema.decodeUnknownEffect(Schema.Array(StoredKey))

/** Oldest first. */
export const readKeys = (sql: SqlClient.SqlClient) =>
  Effect.flatMap(sql`SELECT * FROM access_keys ORDER BY created_at, key_id`, decodeRows)

/** Stores a key, in the place of the one with its id. */
export const storeKey = (sql: SqlClient.SqlClient, key: StoredKey) =>
  sql`INSERT INTO access_keys (key_id, name, role, accounts, events, requests_per_minute, created_at, expires_at,
      last_used_at, rotated_at, secret_hash, previous_hash, previous_until)
    VALUES (${key.keyId}, ${key.name}, ${key.role}, ${JSON.stringify(key.accounts)}, ${JSON.stringify(key.events)},
      ${key.requestsPerMinute}, ${key.createdAt}, ${key.expiresAt}, ${key.lastUsedAt}, ${key.rotatedAt}, ${key.secretHash},
      ${key.previousHash}, ${key.previousUntil})
    ON CONFLICT (key_id) DO UPDATE SET name = excluded.name, role = excluded.role, accounts = excluded.accounts,
      events = excluded.events, requests_per_minute = excluded.requests_per_minute, expires_at = excluded.expires_at,
      last_used_at = excluded.last_used_at, rotated_at = excluded.rotated_at, secret_hash = excluded.secret_hash,
      previous_hash = excluded.previous_hash, previous_until = excluded.previous_until`

export const deleteKey = (sql: SqlClient.SqlClient, keyId: string) =>
  sql`DELETE FROM access_keys WHERE key_id = ${keyId}`

export const storeLastUse = (sql: SqlClient.SqlClient, keyId: string, at: number) =>
  sql`UPDATE access_keys SET last_used_at = ${at} WHERE key_id = ${keyId}`
