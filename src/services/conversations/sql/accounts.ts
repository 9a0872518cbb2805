// Account records in SQL.
import { Effect, Schema } from 'effect'
import type { SqlClient } from 'effect/sql'
import type { AccountRecord } from '../../../domain/account.ts'
import { Disconnect, EndedState, Restriction, type AccountFacts } from '../../../domain/account.ts'
import type { searchIndexStatements } from './search-index.ts'

/** SQLite has no booleans, and JSON columns hold text. */
const Row = Schema.Struct({
  accountId: Schema.String,
  name: Schema.String,
  createdAt: Schema.Finite,
  wanted: Schema.Finite,
  jid: Schema.NullOr(Schema.String),
  lid: Schema.NullOr(Schema.String),
  ended: Schema.NullOr(EndedState),
  lastDisconnect: Schema.NullOr(Schema.fromJsonString(Disconnect)),
  restriction: Schema.NullOr(Schema.fromJsonString(Restriction)),
  linkedAt: Schema.NullOr(Schema.Finite),
  onlineAt: Schema.NullOr(Schema.Finite)
})

const decodeRow = Schema.decodeUnknownEffect(Row)

/** An account from its row. */
export const decodeAccount = (row: unknown) =>
  Effect.map(decodeRow(row), (found): AccountRecord => ({
    accountId: found.accountId,
    name: found.name,
    createdAt: found.createdAt,
    wanted: found.wanted === 1,
    jid: found.jid,
    lid: found.lid,
    ended: found.ended,
    lastDisconnect: found.lastDisconnect,
    restriction: found.restriction,
    linkedAt: found.linkedAt,
    onlineAt: found.onlineAt
  }))

/** Tables whose rows go when the account goes, after its messages. */
const TABLES_OF_AN_ACCOUNT = [
  'threads',
  'contacts',
  'receipts',
  'waiting_changes',
  'waiting_reads',
  'events',
  'group_admins',
  'past_participants',
  'coverage',
  'gaps',
  'history_stretches',
  'backfill_jobs',
  'backfill_tasks',
  'backfill_requests',
  'placeholders',
  'rehearsals',
  'rehearsed_messages',
  'outbox',
  'media_fetches',
  'addresses',
  'journal',
  'history_chunks',
  'accounts'
]

export const accountStatements = (
  sql: SqlClient.SqlClient,
  index: ReturnType<typeof searchIndexStatements>
) => ({
  create: (account: AccountRecord) =>
    sql`INSERT INTO accounts (account_id, name, created_at, wanted, jid, lid, ended, last_disconnect)
      VALUES (${account.accountId}, ${account.name}, ${account.createdAt}, ${account.wanted},
        ${account.jid}, ${account.lid}, ${account.ended}, ${null})`,

  list: Effect.flatMap(sql`SELECT * FROM accounts ORDER BY created_at, account_id`, rows =>
    Effect.forEach(rows, decodeAccount)
  ),

  read: Effect.fnUntraced(function* (accountId: string) {
    const [row] = yield* sql`SELECT * FROM accounts WHERE account_id = ${accountId}`
    return row === undefined ? undefined : yield* decodeAccount(row)
  }),

  update: Effect.fnUntraced(function* (accountId: string, facts: AccountFacts) {
    if (facts.wanted !== undefined) {
      yield* sql`UPDATE accounts SET wanted = ${facts.wanted} WHERE account_id = ${accountId}`
    }
    if (facts.jid !== undefined)
      yield* sql`UPDATE accounts SET jid = ${facts.jid} WHERE account_id = ${accountId}`
    if (facts.lid !== undefined)
      yield* sql`UPDATE accounts SET lid = ${facts.lid} WHERE account_id = ${accountId}`
    if (facts.ended !== undefined)
      yield* sql`UPDATE accounts SET ended = ${facts.ended} WHERE account_id = ${accountId}`
    if (facts.lastDisconnect !== undefined) {
      const text = facts.lastDisconnect === null ? null : JSON.stringify(facts.lastDisconnect)
      yield* sql`UPDATE accounts SET last_disconnect = ${text} WHERE account_id = ${accountId}`
    }
    if (facts.linkedAt !== undefined)
      yield* sql`UPDATE accounts SET linked_at = ${facts.linkedAt} WHERE account_id = ${accountId}`
    if (facts.onlineAt !== undefined)
      yield* sql`UPDATE accounts SET online_at = ${facts.onlineAt} WHERE account_id = ${accountId}`
    if (facts.restriction !== undefined) {
      const text = facts.restriction === null ? null : JSON.stringify(facts.restriction)
      yield* sql`UPDATE accounts SET restriction = ${text} WHERE account_id = ${accountId}`
    }
  }, sql.withTransaction),

  remove: (accountId: string) =>
    sql.withTransaction(
      Effect.andThen(
        // The index knows the account by its messages, which have to be there still.
        index.removeAccount(accountId),
        Effect.andThen(
          sql`DELETE FROM messages WHERE thread_id IN (SELECT thread_id FROM threads WHERE account_id = ${accountId})`,
          Effect.andThen(
            // Incidents stay: they say what happened, but not any more with whom.
            sql`UPDATE incidents SET thread_id = NULL, message_id = NULL WHERE account_id = ${accountId}`,
            Effect.forEach(
              TABLES_OF_AN_ACCOUNT,
              table => sql`DELETE FROM ${sql(table)} WHERE account_id = ${accountId}`,
              { discard: true }
            )
          )
        )
      )
    ),

  // Counted as messages are stored: counting a million rows again for every look would cost a second.
  counts: (accountId: string) =>
    Effect.map(
      sql<{ threads: number; messages: number }>`SELECT
        (SELECT COUNT(*) FROM threads WHERE account_id = ${accountId}) AS threads,
        (SELECT messages FROM accounts WHERE account_id = ${accountId}) AS messages`,
      ([row]) => ({ threads: row?.threads ?? 0, messages: row?.messages ?? 0 })
    )
})
