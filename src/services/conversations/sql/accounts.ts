// Account records in SQL.
import { Effect, Schema } from 'effect'
import type { SqlClient } from 'effect/sql'
import {
  type AccountFacts,
  AccountRecord,
  Disconnect,
  Restriction,
  Suspension
} from '../../../domain/account.ts'
import type { Counts } from '../queries.ts'

const Row = Schema.Struct({
  ...AccountRecord.fields,
  wanted: Schema.BooleanFromBit,
  lidMigrated: Schema.NullOr(Schema.BooleanFromBit),
  lastDisconnect: Schema.NullOr(Schema.fromJsonString(Disconnect)),
  restriction: Schema.NullOr(Schema.fromJsonString(Restriction)),
  suspension: Schema.NullOr(Schema.fromJsonString(Suspension))
})

/** An account from its row. */
export const decodeAccount = Schema.decodeUnknownEffect(Row)

export const insertAccount = (sql: SqlClient.SqlClient, account: AccountRecord) =>
  sql`INSERT INTO accounts (account_id, name, created_at, wanted, jid, lid, ended, last_disconnect)
    VALUES (${account.accountId}, ${account.name}, ${account.createdAt}, ${account.wanted},
      ${account.jid}, ${account.lid}, ${account.ended}, ${null})`

export const listAccounts = (sql: SqlClient.SqlClient) =>
  Effect.flatMap(sql`SELECT * FROM accounts ORDER BY created_at, account_id`, rows =>
    Effect.forEach(rows, row => decodeAccount(row))
  )

export const readAccount = Effect.fnUntraced(function* (sql: SqlClient.SqlClient, accountId: string) {
  const [row] = yield* sql`SELECT * FROM accounts WHERE account_id = ${accountId}`
  return row === undefined ? undefined : yield* decodeAccount(row)
})

const jsonOrNull = (value: object | null): string | null => (value === null ? null : JSON.stringify(value))

/** Writes what is given; everything else stays. */
export const updateAccount = Effect.fnUntraced(function* (
  sql: SqlClient.SqlClient,
  accountId: string,
  facts: AccountFacts
) {
  const { lastDisconnect, restriction, suspension } = facts
  const columns = {
    wanted: facts.wanted,
    jid: facts.jid,
    lid: facts.lid,
    ended: facts.ended,
    last_disconnect: lastDisconnect === undefined ? undefined : jsonOrNull(lastDisconnect),
    linked_at: facts.linkedAt,
    online_at: facts.onlineAt,
    lid_migrated: facts.lidMigrated,
    restriction: restriction === undefined ? undefined : jsonOrNull(restriction),
    suspension: suspension === undefined ? undefined : jsonOrNull(suspension)
  }
  for (const [column, value] of Object.entries(columns)) {
    if (value === undefined) continue
    yield* sql`UPDATE accounts SET ${sql(column)} = ${value} WHERE account_id = ${accountId}`
  }
})

/** Messages are counted as they are stored: counting a million rows again for every look would cost a second. */
export const countsOfAccount = (sql: SqlClient.SqlClient, accountId: string) =>
  Effect.map(
    sql<Counts>`SELECT
      (SELECT COUNT(*) FROM threads WHERE account_id = ${accountId}) AS threads,
      (SELECT messages FROM accounts WHERE account_id = ${accountId}) AS messages`,
    ([row]) => ({ threads: row?.threads ?? 0, messages: row?.messages ?? 0 })
  )
