// The dry run counts what history would store, thread by thread, and stores none of it. Message ids are kept so that
// nothing is counted twice; the contents of messages are not.
import { Context, Effect, Layer, Schema } from 'effect'
import { SqlClient } from 'effect/sql'
import { Beginning } from '../../../domain/coverage.ts'
import { parseThreadId } from '../../../domain/ids.ts'
import type { Cursor } from '../../../domain/page.ts'
import { listOf } from '../../database/dialect.ts'
import { asDatabaseError, type DatabaseError } from '../../database/error.ts'
import type { DecodedConversation } from '../../whatsapp/convert/chunk.ts'
import { decodeHeldThread, type HeldThread } from '../backfill/held-threads.ts'
import { type Reach, reachOf } from '../coverage/rows.ts'
import { isRequestable } from '../requestable.ts'
import { Time, Whole } from '../../../domain/whole.ts'

/** What a dry run would have stored of one thread. Times are milliseconds since 1970. */
export const CountedThread = Schema.Struct({
  threadId: Schema.String,
  clientJid: Schema.String,
  displayName: Schema.NullOr(Schema.String),
  /** Messages that would have been stored. */
  messages: Whole,
  /** How many of them are held already, because they came live. */
  held: Whole,
  oldest: Schema.NullOr(Time),
  newest: Schema.NullOr(Time),
  beginningReached: Schema.Boolean
}).annotate({ identifier: 'CountedThread' })
export type CountedThread = typeof CountedThread.Type

/** A conversation of a chunk, by the ids under which it would have been stored. */
export interface CountedConversation extends Pick<DecodedConversation, 'oldest' | 'newest'> {
  readonly beginning: 'more' | 'reached' | undefined
  readonly threadId: string
  readonly name: string | undefined
  readonly messageIds: ReadonlyArray<string>
}

interface ReportPage {
  readonly limit: number
  /** The place of the last thread of the page before. */
  readonly before?: Cursor | undefined
}

/** Every method fails with `DatabaseError` only. */
export class DryRun extends Context.Service<
  DryRun,
  {
    /** Counts a conversation of a chunk; joins the caller's transaction. Answers how many of its messages are new. */
    readonly count: (
      accountId: string,
      conversation: CountedConversation
    ) => Effect.Effect<number, DatabaseError>
    /** What would have been stored, thread by thread, the newest first. */
    readonly report: (
      accountId: string,
      page: ReportPage
    ) => Effect.Effect<ReadonlyArray<CountedThread>, DatabaseError>
    readonly totals: (
      accountId: string
    ) => Effect.Effect<{ readonly threads: number; readonly messages: number }, DatabaseError>
    /** How far back a thread was counted. */
    readonly reachOf: (threadId: string) => Effect.Effect<Reach, DatabaseError>
    /** The most recently active counted threads first. */
    readonly recentThreads: (
      accountId: string,
      limit: number
    ) => Effect.Effect<ReadonlyArray<HeldThread>, DatabaseError>
    /** Removes everything that was counted: the dry run is over. */
    readonly clear: Effect.Effect<void, DatabaseError>
  }
>()('backscroll/services/history/DryRun') {
  static readonly layer: Layer.Layer<DryRun, never, SqlClient.SqlClient> = Layer.effect(
    DryRun,
    Effect.map(SqlClient.SqlClient, sql => {
      const run = <A, E>(work: Effect.Effect<A, E, SqlClient.SqlClient>) =>
        asDatabaseError('the dry run')(Effect.provideService(work, SqlClient.SqlClient, sql))
      return DryRun.of({
        count: (accountId, conversation) => run(countConversation(accountId, conversation)),
        report: (accountId, page) => run(listCounted(accountId, page)),
        totals: accountId => run(sumCounted(accountId)),
        reachOf: threadId => run(readReach(threadId)),
        recentThreads: (accountId, limit) => run(recentCounted(accountId, limit)),
        clear: run(clearCounted)
      })
    })
  )
}

const countConversation = Effect.fnUntraced(function* (
  accountId: string,
  { beginning, messageIds, name, newest, oldest, threadId }: CountedConversation
) {
  const sql = yield* SqlClient.SqlClient
  const { held, messages } = yield* countNewMessages(accountId, threadId, messageIds)
  yield* sql`INSERT INTO rehearsals (account_id, thread_id) VALUES (${accountId}, ${threadId}) ON CONFLICT DO NOTHING`
  yield* sql`UPDATE rehearsals SET messages = messages + ${messages}, held = held + ${held},
      name = COALESCE(${name ?? null}, name),
      oldest_at = CASE WHEN oldest_at < ${oldest?.at ?? null} THEN oldest_at ELSE COALESCE(${oldest?.at ?? null}, oldest_at) END,
      newest_at = CASE WHEN newest_at > ${newest?.at ?? null} THEN newest_at ELSE COALESCE(${newest?.at ?? null}, newest_at) END,
      beginning = CASE WHEN beginning = 'reached' THEN beginning ELSE COALESCE(${beginning ?? null}, beginning) END
    WHERE account_id = ${accountId} AND thread_id = ${threadId}`
  if (oldest !== undefined) {
    yield* sql`UPDATE rehearsals SET floor_at = ${oldest.at}, floor_id = ${oldest.whatsAppId}, floor_from_me = ${oldest.fromMe}
      WHERE account_id = ${accountId} AND thread_id = ${threadId} AND (floor_at IS NULL OR floor_at >= ${oldest.at})`
  }
  return messages
})

/** Remembers the messages; answers how many were not counted before, and how many of those are stored already. */
const countNewMessages = Effect.fnUntraced(function* (
  accountId: string,
  threadId: string,
  messageIds: ReadonlyArray<string>
) {
  const sql = yield* SqlClient.SqlClient
  const fresh = yield* sql<{
    held: number
  }>`INSERT INTO rehearsed_messages (account_id, thread_id, message_id)
    SELECT ${accountId}, ${threadId}, counted.id FROM ${listOf(sql, messageIds, 'id')} AS counted WHERE true
    ON CONFLICT DO NOTHING
    RETURNING EXISTS (SELECT 1 FROM messages m WHERE m.thread_id = rehearsed_messages.thread_id
      AND m.message_id = rehearsed_messages.message_id) AS held`
  return { messages: fresh.length, held: fresh.filter(({ held }) => held === 1).length }
})

const listCounted = Effect.fnUntraced(function* (accountId: string, { before, limit }: ReportPage) {
  const sql = yield* SqlClient.SqlClient
  const rows = yield* sql`SELECT thread_id, name AS display_name, messages, held, oldest_at AS oldest,
      newest_at AS newest, beginning = 'reached' AS beginning_reached
    FROM rehearsals WHERE account_id = ${accountId}
      AND (COALESCE(newest_at, 0), thread_id) < (${before?.time ?? Number.MAX_SAFE_INTEGER}, ${before?.id ?? ''})
    ORDER BY COALESCE(newest_at, 0) DESC, thread_id DESC LIMIT ${limit}`
  return yield* Effect.forEach(rows, row => Effect.map(decodeReportRow(row), withClientJid))
})

const { clientJid: _, ...reportColumns } = CountedThread.fields
const ReportRow = Schema.Struct({ ...reportColumns, beginningReached: Schema.BooleanFromBit })
const decodeReportRow = Schema.decodeUnknownEffect(ReportRow)

const withClientJid = (row: typeof ReportRow.Type): CountedThread => ({
  ...row,
  clientJid: parseThreadId(row.threadId)?.jid ?? ''
})

const sumCounted = Effect.fnUntraced(function* (accountId: string) {
  const sql = yield* SqlClient.SqlClient
  const [row] = yield* sql<{ threads: number; messages: number }>`SELECT COUNT(*) AS threads,
    COALESCE(SUM(messages), 0) AS messages FROM rehearsals WHERE account_id = ${accountId}`
  return row ?? { threads: 0, messages: 0 }
})

const readReach = Effect.fnUntraced(function* (threadId: string) {
  const sql = yield* SqlClient.SqlClient
  const accountId = parseThreadId(threadId)?.accountId ?? ''
  const [row] = yield* sql`SELECT beginning, floor_at, floor_id, floor_from_me FROM rehearsals
    WHERE account_id = ${accountId} AND thread_id = ${threadId}`
  return reachOf(row === undefined ? undefined : yield* decodeReachRow(row))
})

const decodeReachRow = Schema.decodeUnknownEffect(
  Schema.Struct({
    beginning: Beginning,
    floorAt: Schema.NullOr(Time),
    floorId: Schema.NullOr(Schema.String),
    floorFromMe: Schema.NullOr(Schema.BooleanFromBit)
  })
)

const recentCounted = Effect.fnUntraced(function* (accountId: string, limit: number) {
  const sql = yield* SqlClient.SqlClient
  const rows =
    yield* sql`SELECT thread_id, beginning, 0 AS fetched FROM rehearsals WHERE account_id = ${accountId}
      AND ${sql.literal(isRequestable('thread_id'))}
    ORDER BY COALESCE(newest_at, 0) DESC, thread_id DESC LIMIT ${limit}`
  return yield* Effect.forEach(rows, row => decodeHeldThread(row))
})

const clearCounted = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`DELETE FROM rehearsed_messages`
  yield* sql`DELETE FROM rehearsals`
  yield* sql`DELETE FROM rehearsed_gaps`
})
