// Erasures in SQL. Whom one is about is sealed, and gone once it is done.
import { Effect, Schema } from 'effect'
import type { SqlClient } from 'effect/sql'
import { ERASURE_STATUSES, type Erasure, ErasureReport } from '../../domain/erasure.ts'

const Row = Schema.Struct({
  erasureId: Schema.String,
  accountId: Schema.String,
  personHash: Schema.String,
  sealed: Schema.NullOr(Schema.Uint8Array),
  status: Schema.Literals(ERASURE_STATUSES),
  /** The row of messages up to which it has come, and the one where it ends. */
  scanned: Schema.Finite,
  upTo: Schema.Finite,
  report: Schema.fromJsonString(ErasureReport),
  requestedAt: Schema.Finite,
  endedAt: Schema.NullOr(Schema.Finite)
})
export type ErasureRow = typeof Row.Type

const decodeRows = Schema.decodeUnknownEffect(Schema.Array(Row))

export const erasureOf = ({
  accountId,
  endedAt,
  erasureId,
  report,
  requestedAt,
  status
}: ErasureRow): Erasure => ({
  erasureId,
  accountId,
  status,
  requestedAt,
  endedAt,
  ...report
})

export const insertErasure = (sql: SqlClient.SqlClient, row: ErasureRow) =>
  sql`INSERT INTO erasures (erasure_id, account_id, person_hash, sealed, status, scanned, up_to, report, requested_at, ended_at)
    VALUES (${row.erasureId}, ${row.accountId}, ${row.personHash}, ${row.sealed}, ${row.status}, ${row.scanned}, ${row.upTo},
      ${JSON.stringify(row.report)}, ${row.requestedAt}, ${row.endedAt})`

export const saveErasure = (sql: SqlClient.SqlClient, row: ErasureRow) =>
  sql`UPDATE erasures SET sealed = ${row.sealed}, status = ${row.status}, scanned = ${row.scanned}, up_to = ${row.upTo},
      report = ${JSON.stringify(row.report)}, ended_at = ${row.endedAt}
    WHERE erasure_id = ${row.erasureId}`

/** The newest first. */
export const readErasures = (sql: SqlClient.SqlClient, accountId: string, limit: number) =>
  Effect.flatMap(
    sql`SELECT * FROM erasures WHERE account_id = ${accountId} ORDER BY requested_at DESC, erasure_id LIMIT ${limit}`,
    decodeRows
  )

export const readErasure = (sql: SqlClient.SqlClient, accountId: string, erasureId: string) =>
  Effect.map(
    Effect.flatMap(
      sql`SELECT * FROM erasures WHERE account_id = ${accountId} AND erasure_id = ${erasureId}`,
      decodeRows
    ),
    ([row]) => row
  )

/** The oldest first. */
export const runningErasures = (sql: SqlClient.SqlClient) =>
  Effect.flatMap(
    sql`SELECT * FROM erasures WHERE status = 'running' ORDER BY requested_at, erasure_id`,
    decodeRows
  )

export const runningOf = (sql: SqlClient.SqlClient, accountId: string, personHash: string) =>
  Effect.map(
    Effect.flatMap(
      sql`SELECT * FROM erasures WHERE account_id = ${accountId} AND person_hash = ${personHash} AND status = 'running'`,
      decodeRows
    ),
    ([row]) => row
  )
