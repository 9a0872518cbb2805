// Incidents in SQL: one row per incident, a repeat raises its count.
import { Effect, Schema } from 'effect'
import type { SqlClient } from 'effect/sql'
import { Incident } from '../../domain/incident.ts'
import { listOf } from '../database/dialect.ts'

/** An incident from its row. */
export const decodeIncident = Schema.decodeUnknownEffect(Incident)

export interface IncidentQuery {
  readonly accountId?: string | undefined
  /** Only incidents that a person has acknowledged, or only the others; both when it is not given. */
  readonly acknowledged?: boolean | undefined
  readonly limit: number
}

/** Stores the incident. A repeat adds its count, replaces the texts and has to be acknowledged again. */
export const storeIncident = (sql: SqlClient.SqlClient, incident: Incident) =>
  sql`INSERT INTO incidents (incident_id, account_id, kind, severity, subject, happened, did, advice,
      first_seen_at, last_seen_at, count, thread_id, message_id)
    VALUES (${incident.incidentId}, ${incident.accountId}, ${incident.kind}, ${incident.severity}, ${incident.subject},
      ${incident.happened}, ${incident.did}, ${incident.advice}, ${incident.firstSeenAt}, ${incident.lastSeenAt},
      ${incident.count}, ${incident.threadId}, ${incident.messageId})
    ON CONFLICT (incident_id) DO UPDATE SET count = incidents.count + excluded.count,
      last_seen_at = excluded.last_seen_at, happened = excluded.happened, did = excluded.did,
      severity = excluded.severity, advice = excluded.advice, thread_id = excluded.thread_id,
      message_id = excluded.message_id, acknowledged_at = NULL, resolved_at = NULL`

/** Who has to act on an incident has seen it, or its cause is over. */
const isOld = (sql: SqlClient.SqlClient, before: number) =>
  sql`last_seen_at < ${before} AND (acknowledged_at IS NOT NULL OR resolved_at IS NOT NULL)`

export const deleteOldIncidents = (sql: SqlClient.SqlClient, before: number, limit: number) =>
  Effect.map(
    sql`DELETE FROM incidents WHERE incident_id IN (
      SELECT incident_id FROM incidents WHERE ${isOld(sql, before)} LIMIT ${limit}) RETURNING 1 AS one`,
    rows => rows.length
  )

export const countOldIncidents = (sql: SqlClient.SqlClient, before: number) =>
  Effect.map(
    sql<{ n: number; oldest: number | null }>`SELECT COUNT(*) AS n, MIN(last_seen_at) AS oldest FROM incidents
      WHERE ${isOld(sql, before)}`,
    ([row]) => ({ removed: row?.n ?? 0, oldest: row?.oldest ?? null })
  )

/** Whether this was reported and is not over. */
export const hasIncident = (sql: SqlClient.SqlClient, incidentId: string) =>
  Effect.map(
    sql`SELECT 1 FROM incidents WHERE incident_id = ${incidentId} AND resolved_at IS NULL`,
    rows => rows.length > 0
  )

/** Latest first. */
export const listIncidents = Effect.fnUntraced(function* (
  sql: SqlClient.SqlClient,
  { accountId, acknowledged, limit }: IncidentQuery
) {
  const rows = yield* sql`SELECT * FROM incidents WHERE ${sql.and([
    accountId === undefined ? sql`TRUE` : sql`account_id = ${accountId}`,
    acknowledged === undefined
      ? sql`TRUE`
      : acknowledged
        ? sql`acknowledged_at IS NOT NULL`
        : sql`acknowledged_at IS NULL`
  ])} ORDER BY last_seen_at DESC, incident_id LIMIT ${limit}`
  return yield* Effect.forEach(rows, row => decodeIncident(row))
})

/** Those of these that are kept. */
export const readIncidents = (sql: SqlClient.SqlClient, ids: ReadonlyArray<string>) =>
  Effect.flatMap(sql`SELECT * FROM incidents WHERE incident_id IN ${listOf(sql, ids)}`, rows =>
    Effect.forEach(rows, row => decodeIncident(row))
  )

/** The incident as it is now; `undefined` when none of these accounts has one with this id. */
export const acknowledgeIncident = Effect.fnUntraced(function* (
  sql: SqlClient.SqlClient,
  incidentId: string,
  accounts: 'all' | ReadonlyArray<string>,
  now: number
) {
  const [row] = yield* sql`UPDATE incidents SET acknowledged_at = ${now} WHERE ${sql.and([
    sql`incident_id = ${incidentId}`,
    accounts === 'all' ? sql`TRUE` : sql.in('account_id', accounts)
  ])} RETURNING *`
  return row === undefined ? undefined : yield* decodeIncident(row)
})

/** Which incidents of an account are over. */
export interface ResolvedIncidents extends Pick<Incident, 'accountId' | 'kind'> {
  /** Only those about this. */
  readonly subject?: string | undefined
  /** Incidents whose subject begins with this go on. */
  readonly except?: string | undefined
  /** Those that were reported after this go on; milliseconds since 1970. */
  readonly reportedUntil?: number | undefined
}

export const resolveIncidents = (
  sql: SqlClient.SqlClient,
  { accountId, except, kind, reportedUntil, subject }: ResolvedIncidents,
  now: number
) =>
  sql<Pick<Incident, 'accountId' | 'incidentId'>>`UPDATE incidents SET resolved_at = ${now} WHERE ${sql.and([
    accountId === null ? sql`account_id IS NULL` : sql`account_id = ${accountId}`,
    sql`kind = ${kind}`,
    sql`resolved_at IS NULL`,
    subject === undefined ? sql`TRUE` : sql`subject = ${subject}`,
    reportedUntil === undefined ? sql`TRUE` : sql`last_seen_at <= ${reportedUntil}`,
    except === undefined ? sql`TRUE` : sql`substr(subject, 1, ${except.length}) <> ${except}`
  ])} RETURNING account_id, incident_id`
