// Events for subscribers in SQL: written in the transaction that changed what they tell of, so that neither exists alone.
import { Effect, Schema } from 'effect'
import type { SqlClient } from 'effect/sql'
import { FEED_KINDS, type FeedEvent } from '../../domain/feed.ts'
import type { SqlBulk } from '../database/sqlite/node-sqlite.ts'

export type EventWrite = Pick<FeedEvent, 'kind' | 'threadId' | 'messageId'>

const Row = Schema.Struct({
  event_id: Schema.Finite,
  account_id: Schema.String,
  kind: Schema.Literals(FEED_KINDS),
  thread_id: Schema.String,
  message_id: Schema.NullOr(Schema.String),
  at: Schema.Finite
})
const decodeRow = Schema.decodeUnknownEffect(Row)

export const eventStatements = (sql: SqlClient.SqlClient, bulk: SqlBulk['Service'], now: () => number) => ({
  put: (accountId: string, events: ReadonlyArray<EventWrite>) =>
    bulk.runMany(
      `INSERT INTO events (account_id, kind, thread_id, message_id, at) VALUES (?, ?, ?, ?, ?)`,
      events.map(event => [accountId, event.kind, event.threadId, event.messageId, now()])
    ),

  list: Effect.fnUntraced(function* (query: {
    readonly after: number
    readonly accountId?: string | undefined
    readonly limit: number
  }) {
    const rows = yield* query.accountId === undefined
      ? sql`SELECT * FROM events WHERE event_id > ${query.after} ORDER BY event_id LIMIT ${query.limit}`
      : sql`SELECT * FROM events WHERE account_id = ${query.accountId} AND event_id > ${query.after}
          ORDER BY event_id LIMIT ${query.limit}`
    return yield* Effect.forEach(rows, row =>
      Effect.map(decodeRow(row), (found): FeedEvent => ({
        eventId: found.event_id,
        kind: found.kind,
        accountId: found.account_id,
        threadId: found.thread_id,
        messageId: found.message_id,
        at: found.at
      }))
    )
  }),

  newest: Effect.map(
    sql<{ newest: number | null }>`SELECT MAX(event_id) AS newest FROM events`,
    ([row]) => row?.newest ?? 0
  ),

  prune: (before: number) => sql`DELETE FROM events WHERE at < ${before}`
})
