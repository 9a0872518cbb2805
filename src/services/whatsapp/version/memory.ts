// The newest client version that WhatsApp has accepted from this server, kept over restarts.
import { Effect } from 'effect'
import type { SqlClient } from 'effect/sql'
import { asDatabaseError } from '../../database/error.ts'
import { formatVersion, isNewer, parseVersion, type Version } from './version.ts'

export const readWorkingVersion = (sql: SqlClient.SqlClient) =>
  sql<{ version: string }>`SELECT version FROM client_version`.pipe(
    Effect.map(([row]) => (row === undefined ? undefined : parseVersion(row.version))),
    asDatabaseError('reading the client version')
  )

/** Stores the version unless a newer one is stored. */
export const storeWorkingVersion = (sql: SqlClient.SqlClient, version: Version, now: number) =>
  Effect.gen(function* () {
    const known = yield* readWorkingVersion(sql)
    if (known !== undefined && !isNewer(version, known)) return
    yield* sql`INSERT INTO client_version (only, version, worked_at) VALUES (1, ${formatVersion(version)}, ${now})
      ON CONFLICT (only) DO UPDATE SET version = excluded.version, worked_at = excluded.worked_at`
  }).pipe(sql.withTransaction, asDatabaseError('storing the client version'))
