// In which unit the phone of an account understands times; learned from what it answers.
import { Effect, Schema } from 'effect'
import { SqlClient } from 'effect/sql'
import { TIME_UNITS, type TimeUnit } from '../../../domain/backfill.ts'

const decodeUnit = Schema.decodeUnknownEffect(Schema.Struct({ timeUnit: Schema.Literals(TIME_UNITS) }))

/** `undefined` as long as the phone has not answered. */
export const readTimeUnit = Effect.fnUntraced(function* (accountId: string) {
  const sql = yield* SqlClient.SqlClient
  const [row] = yield* sql`SELECT time_unit FROM history_phones WHERE account_id = ${accountId}`
  return row === undefined ? undefined : (yield* decodeUnit(row)).timeUnit
})

export const rememberTimeUnit = Effect.fnUntraced(function* (accountId: string, unit: TimeUnit) {
  const sql = yield* SqlClient.SqlClient
  yield* sql`INSERT INTO history_phones (account_id, time_unit) VALUES (${accountId}, ${unit})
    ON CONFLICT (account_id) DO UPDATE SET time_unit = excluded.time_unit WHERE history_phones.time_unit <> excluded.time_unit`
})
