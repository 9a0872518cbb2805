// The dry run: counts what history would store, thread by thread, and stores none of it. Ids are kept so that nothing is
// counted twice; nothing of what messages say is.
import { Context, Effect, Layer, Schema } from 'effect'
import { SqlClient } from 'effect/sql'
import { Beginning } from '../../../domain/coverage.ts'
import type { Cursor } from '../../../domain/page.ts'
import { parseThreadId } from '../../../domain/ids.ts'
import { asDatabaseError, type DatabaseError } from '../../database/error.ts'
import type { Reach } from '../coverage/rows.ts'
import type { DecodedConversation } from '../../whatsapp/convert/chunk.ts'

/** What a dry run would have stored of one thread. Times are milliseconds since 1970. */
export const RehearsedThread = Schema.Struct({
  threadId: Schema.String,
  clientJid: Schema.String,
  displayName: Schema.NullOr(Schema.String),
  /** Messages that would have been stored. */
  messages: Schema.Finite,
  /** How many of them are held already, because they came live. */
  held: Schema.Finite,
  oldest: Schema.NullOr(Schema.Finite),
  newest: Schema.NullOr(Schema.Finite),
  beginningReached: Schema.Boolean
})
export type RehearsedThread = typeof RehearsedThread.Type

export interface RehearsedConversation extends Pick<DecodedConversation, 'oldest' | 'newest' | 'beginning'> {
  readonly threadId: string
  readonly name: string | undefined
  readonly messageIds: ReadonlyArray<string>
}

const Row = Schema.Struct({
  threadId: Schema.String,
  name: Schema.NullOr(Schema.String),
  messages: Schema.Finite,
  held: Schema.Finite,
  oldestAt: Schema.NullOr(Schema.Finite),
  newestAt: Schema.NullOr(Schema.Finite),
  beginning: Beginning,
  floorAt: Schema.NullOr(Schema.Finite),
  floorId: Schema.NullOr(Schema.String),
  floorFromMe: Schema.NullOr(Schema.Finite)
})
const decodeRow = Schema.decodeUnknownEffect(Row)

export class Rehearsal extends Context.Service<
  Rehearsal,
  {
    /** Counts a conversation of a chunk; joins the caller's transaction. Answers how many messages were new to it. */
    readonly note: (
      accountId: string,
      conversation: RehearsedConversation
    ) => Effect.Effect<number, DatabaseError>
    /** What would have been stored, thread by thread, the newest first. */
    readonly report: (
      accountId: string,
      page: { readonly limit: number; readonly before?: Cursor | undefined }
    ) => Effect.Effect<ReadonlyArray<RehearsedThread>, DatabaseError>
    readonly totals: (
      accountId: string
    ) => Effect.Effect<{ readonly threads: number; readonly messages: number }, DatabaseError>
    readonly reachOf: (threadId: string) => Effect.Effect<Reach, DatabaseError>
    readonly recentThreads: (
      accountId: string,
      limit: number
    ) => Effect.Effect<
      ReadonlyArray<{ readonly threadId: string; readonly beginning: Beginning; readonly sought: number }>,
      DatabaseError
    >
    /** Forgets everything that was counted: the dry run is over. */
    readonly clear: Effect.Effect<void, DatabaseError>
  }
>()('backscroll/services/history/Rehearsal') {
  static readonly layer: Layer.Layer<Rehearsal, never, SqlClient.SqlClient> = Layer.effect(
    Rehearsal,
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const failed = asDatabaseError('the dry run')

      const note = Effect.fnUntraced(function* (accountId: string, conversation: RehearsedConversation) {
        const { beginning, messageIds, name, newest, oldest, threadId } = conversation
        const ids = JSON.stringify(messageIds)
        const fresh = yield* sql<{
          held: number
        }>`INSERT INTO rehearsed_messages (account_id, thread_id, message_id)
          SELECT ${accountId}, ${threadId}, value FROM json_each(${ids}) WHERE true ON CONFLICT DO NOTHING
          RETURNING EXISTS (SELECT 1 FROM messages m WHERE m.thread_id = rehearsed_messages.thread_id
            AND m.message_id = rehearsed_messages.message_id) AS held`
        const held = fresh.filter(row => row.held === 1).length
        yield* sql`INSERT INTO rehearsals (account_id, thread_id) VALUES (${accountId}, ${threadId}) ON CONFLICT DO NOTHING`
        yield* sql`UPDATE rehearsals SET messages = messages + ${fresh.length}, held = held + ${held},
            name = COALESCE(${name ?? null}, name),
            oldest_at = MIN(COALESCE(oldest_at, ${oldest?.at ?? null}), COALESCE(${oldest?.at ?? null}, oldest_at)),
            newest_at = MAX(COALESCE(newest_at, ${newest?.at ?? null}), COALESCE(${newest?.at ?? null}, newest_at)),
            beginning = CASE WHEN beginning = 'reached' THEN beginning ELSE COALESCE(${beginning ?? null}, beginning) END
          WHERE account_id = ${accountId} AND thread_id = ${threadId}`
        if (oldest !== undefined) {
          yield* sql`UPDATE rehearsals SET floor_at = ${oldest.at}, floor_id = ${oldest.whatsAppId}, floor_from_me = ${oldest.fromMe}
            WHERE account_id = ${accountId} AND thread_id = ${threadId} AND (floor_at IS NULL OR floor_at >= ${oldest.at})`
        }
        return fresh.length
      })

      const accountOf = (threadId: string): string => parseThreadId(threadId)?.accountId ?? ''

      return Rehearsal.of({
        note: (accountId, conversation) => failed(note(accountId, conversation)),
        report: (accountId, { before, limit }) =>
          failed(
            Effect.flatMap(
              sql`SELECT * FROM rehearsals WHERE account_id = ${accountId}
                AND (COALESCE(newest_at, 0), thread_id) < (${before?.time ?? Number.MAX_SAFE_INTEGER}, ${before?.id ?? ''})
                ORDER BY COALESCE(newest_at, 0) DESC, thread_id DESC LIMIT ${limit}`,
              rows =>
                Effect.forEach(rows, row =>
                  Effect.map(decodeRow(row), (found): RehearsedThread => ({
                    threadId: found.threadId,
                    clientJid: parseThreadId(found.threadId)?.jid ?? '',
                    displayName: found.name,
                    messages: found.messages,
                    held: found.held,
                    oldest: found.oldestAt,
                    newest: found.newestAt,
                    beginningReached: found.beginning === 'reached'
                  }))
                )
            )
          ),
        totals: accountId =>
          failed(
            Effect.map(
              sql<{
                threads: number
                messages: number
              }>`SELECT COUNT(*) AS threads, COALESCE(SUM(messages), 0) AS messages
                FROM rehearsals WHERE account_id = ${accountId}`,
              ([row]) => ({ threads: row?.threads ?? 0, messages: row?.messages ?? 0 })
            )
          ),
        reachOf: threadId =>
          failed(
            Effect.gen(function* () {
              const [row] = yield* sql`SELECT * FROM rehearsals
                WHERE account_id = ${accountOf(threadId)} AND thread_id = ${threadId}`
              if (row === undefined) return { beginning: 'unknown' as const, floor: undefined }
              const { beginning, floorAt, floorFromMe, floorId } = yield* decodeRow(row)
              return {
                beginning,
                floor:
                  floorAt === null || floorId === null
                    ? undefined
                    : { at: floorAt, whatsAppId: floorId, fromMe: floorFromMe === 1 }
              }
            })
          ),
        recentThreads: (accountId, limit) =>
          failed(
            Effect.flatMap(
              sql`SELECT * FROM rehearsals WHERE account_id = ${accountId}
                ORDER BY COALESCE(newest_at, 0) DESC, thread_id DESC LIMIT ${limit}`,
              rows =>
                Effect.forEach(rows, row =>
                  Effect.map(decodeRow(row), ({ beginning, threadId }) => ({
                    threadId,
                    beginning,
                    sought: 0
                  }))
                )
            )
          ),
        clear: failed(
          Effect.andThen(sql`DELETE FROM rehearsed_messages`, Effect.asVoid(sql`DELETE FROM rehearsals`))
        )
      })
    })
  )
}
