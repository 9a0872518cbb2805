// The audit log in SQL.
import { Effect, Schema } from 'effect'
import type { SqlClient, SqlError } from 'effect/sql'
import { AUDIT_CALLERS, type AuditedRequest, type AuditEntry } from '../../domain/audit.ts'
import type { SqlBulk } from '../database/bulk.ts'

const Row = Schema.Struct({
  auditId: Schema.Finite,
  at: Schema.Finite,
  callerKind: Schema.Literals(AUDIT_CALLERS),
  callerId: Schema.NullOr(Schema.String),
  callerName: Schema.NullOr(Schema.String),
  operation: Schema.String,
  accountId: Schema.NullOr(Schema.String),
  resources: Schema.fromJsonString(Schema.Record(Schema.String, Schema.String)),
  remoteAddress: Schema.NullOr(Schema.String),
  status: Schema.NullOr(Schema.Finite)
})
const decodeRows = Schema.decodeUnknownEffect(Schema.Array(Row))

const entryOf = ({ callerId, callerKind, callerName, ...row }: typeof Row.Type): AuditEntry => ({
  ...row,
  caller: { kind: callerKind, id: callerId, name: callerName }
})

export interface AuditQuery {
  readonly accountId?: string | undefined
  /** The id of the caller: of a key, or of a user in Firebase. */
  readonly callerId?: string | undefined
  readonly operation?: string | undefined
  /** Milliseconds since 1970; `until` is not included. */
  readonly since?: number | undefined
  readonly until?: number | undefined
  /** Entries beyond this one, in the order of the list. */
  readonly beyond?: number | undefined
  readonly order: 'newest' | 'oldest'
  readonly limit: number
}

export const readEntries = (
  sql: SqlClient.SqlClient,
  { accountId, beyond, callerId, limit, operation, order, since, until }: AuditQuery
) => {
  const isNewest = order === 'newest'
  const conditions = [
    accountId === undefined ? undefined : sql`account_id = ${accountId}`,
    callerId === undefined ? undefined : sql`caller_id = ${callerId}`,
    operation === undefined ? undefined : sql`operation = ${operation}`,
    since === undefined ? undefined : sql`at >= ${since}`,
    until === undefined ? undefined : sql`at < ${until}`,
    beyond === undefined ? undefined : isNewest ? sql`audit_id < ${beyond}` : sql`audit_id > ${beyond}`
  ].filter(condition => condition !== undefined)
  return Effect.map(
    Effect.flatMap(
      sql`SELECT * FROM audit_log WHERE ${sql.and([sql`TRUE`, ...conditions])}
        ORDER BY audit_id ${sql.literal(isNewest ? 'DESC' : 'ASC')} LIMIT ${limit}`,
      decodeRows
    ),
    rows => rows.map(entryOf)
  )
}

const INSERT = `INSERT INTO audit_log (at, caller_kind, caller_id, caller_name, operation, account_id, resources, remote_address)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?)`

/** Answers with the number of the entry. */
export const insertEntry = (
  bulk: SqlBulk['Service'],
  { accountId, caller, operation, remoteAddress, resources }: AuditedRequest,
  at: number
): Effect.Effect<number, SqlError.SqlError> => {
  const { id, kind, name } = caller
  const row = [at, kind, id, name, operation, accountId, JSON.stringify(resources), remoteAddress]
  return Effect.map(bulk.insertMany(INSERT, [row]), ([auditId = 0]) => auditId)
}

/** What is known once the change is made. */
export interface AuditOutcome {
  readonly status: number
  /** Of what the request has made; they are not in its path. */
  readonly accountId: string | null
  readonly resources: Readonly<Record<string, string>>
}

export const UPDATE_OUTCOME = `UPDATE audit_log SET status = ?, account_id = ?, resources = ? WHERE audit_id = ?`

export const outcomeRow = (auditId: number, { accountId, resources, status }: AuditOutcome) => [
  status,
  accountId,
  JSON.stringify(resources),
  auditId
]

/** Answers how many. */
export const deleteEntries = (sql: SqlClient.SqlClient, before: number, limit: number) =>
  Effect.map(
    sql`DELETE FROM audit_log WHERE audit_id IN (
      SELECT audit_id FROM audit_log WHERE at < ${before} ORDER BY at LIMIT ${limit}) RETURNING 1 AS one`,
    rows => rows.length
  )

export const countEntries = (sql: SqlClient.SqlClient, before: number) =>
  Effect.map(
    sql<{
      n: number
      oldest: number | null
    }>`SELECT COUNT(*) AS n, MIN(at) AS oldest FROM audit_log WHERE at < ${before}`,
    ([row]) => ({ removed: row?.n ?? 0, oldest: row?.oldest ?? null })
  )
