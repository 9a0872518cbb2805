// What the backfill stands on: the threads there are, how far back they reach, the oldest message to ask before. It is
// what is stored; in a dry run, what would have been.
import { Context, Effect, Layer, Schema } from 'effect'
import { SqlClient } from 'effect/sql'
import { Beginning } from '../../../domain/coverage.ts'
import { parseThreadId } from '../../../domain/ids.ts'
import { isThreadJid } from '../../../domain/jid.ts'
import { asDatabaseError, type DatabaseError } from '../../database/error.ts'
import { Store } from '../../conversations/store.ts'
import type { RawMessage } from '../../whatsapp/convert/chunk.ts'
import { Coverage } from '../coverage/coverage.ts'
import type { OpenGap, Reach } from '../coverage/rows.ts'
import { Rehearsal } from '../dry-run/dry-run.ts'

export interface GroundThread {
  readonly threadId: string
  readonly beginning: Beginning
  /** Messages that automatic jobs have asked for and got. */
  readonly sought: number
}

export class Ground extends Context.Service<
  Ground,
  {
    /** The most recently active threads first. */
    readonly recentThreads: (
      accountId: string,
      limit: number
    ) => Effect.Effect<ReadonlyArray<GroundThread>, DatabaseError>
    readonly openGaps: (accountId: string) => Effect.Effect<ReadonlyArray<OpenGap>, DatabaseError>
    readonly gapsOf: (threadId: string) => Effect.Effect<ReadonlyArray<OpenGap>, DatabaseError>
    readonly reachOf: (threadId: string) => Effect.Effect<Reach, DatabaseError>
    /** The oldest message of a thread, as the phone knows it; `undefined` when there is none to name. */
    readonly oldest: (threadId: string) => Effect.Effect<RawMessage | undefined, DatabaseError>
    /** Every address of a thread's chat, the one it was first seen under first. */
    readonly addresses: (
      accountId: string,
      threadId: string
    ) => Effect.Effect<ReadonlyArray<string>, DatabaseError>
  }
>()('backscroll/services/history/Ground') {
  static layer(options: {
    readonly dryRun: boolean
  }): Layer.Layer<Ground, never, SqlClient.SqlClient | Coverage | Rehearsal | Store> {
    return Layer.effect(
      Ground,
      Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        const coverage = yield* Coverage
        const rehearsal = yield* Rehearsal
        const store = yield* Store
        const failed = asDatabaseError('reading coverage')

        const recentThreads = Effect.fnUntraced(function* (accountId: string, limit: number) {
          const rows = yield* sql`SELECT t.thread_id, COALESCE(c.beginning, 'unknown') AS beginning,
              COALESCE(c.sought, 0) AS sought
            FROM threads t LEFT JOIN coverage c ON c.thread_id = t.thread_id WHERE t.account_id = ${accountId}
            ORDER BY COALESCE(t.last_message_at, 0) DESC, t.thread_id DESC LIMIT ${limit}`
          return yield* Effect.forEach(rows, row =>
            Effect.map(decodeThread(row), ({ beginning, sought, threadId }): GroundThread => ({
              threadId,
              beginning,
              sought
            }))
          )
        })

        /** What the phone sent last may lie below the oldest message that is stored: some it sends are none. */
        const oldest = Effect.fnUntraced(function* (threadId: string) {
          const { floor } = yield* coverage.reachOf(threadId)
          const held = yield* store.edge(threadId, 'oldest')
          if (held === undefined || (floor !== undefined && floor.at <= held.at)) return floor
          return { whatsAppId: held.whatsAppId, fromMe: held.fromMe, at: held.at } satisfies RawMessage
        })

        const addresses = Effect.fnUntraced(function* (accountId: string, threadId: string) {
          const first = parseThreadId(threadId)?.jid ?? ''
          const rows = yield* sql<{ jid: string }>`SELECT jid FROM addresses
            WHERE account_id = ${accountId} AND person = ${first} ORDER BY jid = ${first} DESC, jid`
          const known = rows.map(({ jid }) => jid).filter(isThreadJid)
          return known.length === 0 ? [first] : known
        })

        /** What a dry run has heard of a thread, or else what is stored of it. */
        const rehearsed = Effect.fnUntraced(function* (threadId: string) {
          const reach = yield* rehearsal.reachOf(threadId)
          if (reach.floor !== undefined || reach.beginning === 'reached') return reach
          const floor = yield* failed(oldest(threadId))
          return { beginning: (yield* coverage.reachOf(threadId)).beginning, floor } satisfies Reach
        })

        const rehearsedThreads = Effect.fnUntraced(function* (accountId: string, limit: number) {
          const heard = yield* rehearsal.recentThreads(accountId, limit)
          const known = new Set(heard.map(({ threadId }) => threadId))
          const stored = yield* failed(recentThreads(accountId, limit))
          return [...heard, ...stored.filter(({ threadId }) => !known.has(threadId))].slice(0, limit)
        })

        const shared = { addresses: (accountId: string, id: string) => failed(addresses(accountId, id)) }
        return options.dryRun
          ? Ground.of({
              ...shared,
              recentThreads: rehearsedThreads,
              openGaps: () => Effect.succeed([]),
              gapsOf: () => Effect.succeed([]),
              reachOf: rehearsed,
              oldest: threadId => Effect.map(rehearsed(threadId), ({ floor }) => floor)
            })
          : Ground.of({
              ...shared,
              recentThreads: (accountId, limit) => failed(recentThreads(accountId, limit)),
              openGaps: coverage.openGaps,
              gapsOf: coverage.gapsOf,
              reachOf: coverage.reachOf,
              oldest: threadId => failed(oldest(threadId))
            })
      })
    )
  }
}

const decodeThread = Schema.decodeUnknownEffect(
  Schema.Struct({ threadId: Schema.String, beginning: Beginning, sought: Schema.Finite })
)
