// When each rule was last applied, and what it has removed, in SQL.
import { Effect, Schema } from 'effect'
import type { SqlClient } from 'effect/sql'
import { RetentionRule, RetentionRun } from '../../domain/retention.ts'

const Row = Schema.Struct({ rule: RetentionRule, ...RetentionRun.fields, removedInAll: Schema.Finite })
export type RunRow = typeof Row.Type

const decodeRows = Schema.decodeUnknownEffect(Schema.Array(Row))

export const readRuns = (sql: SqlClient.SqlClient) =>
  Effect.flatMap(sql`SELECT * FROM retention_runs`, decodeRows)

export const beginRun = (sql: SqlClient.SqlClient, rule: RetentionRule, at: number) =>
  sql`INSERT INTO retention_runs VALUES (${rule}, ${at}, NULL, 0, 0)
    ON CONFLICT (rule) DO UPDATE SET started_at = excluded.started_at, ended_at = NULL, removed = 0`

export const noteRemoved = (sql: SqlClient.SqlClient, rule: RetentionRule, removed: number) =>
  sql`UPDATE retention_runs SET removed = removed + ${removed}, removed_in_all = removed_in_all + ${removed}
    WHERE rule = ${rule}`

export const endRun = (sql: SqlClient.SqlClient, rule: RetentionRule, at: number) =>
  sql`UPDATE retention_runs SET ended_at = ${at} WHERE rule = ${rule}`
