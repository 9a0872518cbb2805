// Events for subscribers in SQL: written in the transaction that changed what they tell of, so that neither exists alone.
import { Effect, Schema } from 'effect'
import type { SqlClient } from 'effect/sql'
import { FEED_KINDS, type FeedEvent } from '../../domain/feed.ts'
import type { SqlBulk } from '../database/bulk.ts'

export type EventWrite = Pick<FeedEvent, 'kind' | 'threadId' | 'messageId'>

const Row = Schema.Struct({
  eventId: Schema.Finite,
  accountId: Schema.String,
  kind: Schema.Literals(FEED_KINDS),
  threadId: Schema.String,
  messageId: Schema.NullOr(Schema.String),
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
        eventId: found.eventId,
        kind: found.kind,
        accountId: found.accountId,
        threadId: found.threadId,
        messageId: found.messageId,
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
