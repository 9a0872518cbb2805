// The threads as the backfill sees them: how far back each one reaches, its gaps, the oldest message to ask before.
import { Context, Effect, Layer, Schema } from 'effect'
import { SqlClient } from 'effect/sql'
import { Beginning } from '../../../domain/coverage.ts'
import { parseThreadId } from '../../../domain/ids.ts'
import { isChatJid, isLidJid } from '../../../domain/jid.ts'
import { asDatabaseError, type DatabaseError } from '../../database/error.ts'
import { MessageStore } from '../../conversations/message-store.ts'
import type { RawMessage } from '../../whatsapp/convert/chunk.ts'
import { REACHES_FLOOR } from '../coverage/kept-since.ts'
import { IS_DENIED } from '../coverage/thread-row.ts'
import { Coverage } from '../coverage/coverage.ts'
import type { OpenGap, Reach } from '../coverage/rows.ts'
import { isRequestable } from '../requestable.ts'

const HeldThread = Schema.Struct({
  threadId: Schema.String,
  beginning: Beginning,
  /** Messages that automatic jobs have fetched of it. */
  fetched: Schema.Finite
})
export type HeldThread = typeof HeldThread.Type

export const decodeHeldThread = Schema.decodeUnknownEffect(HeldThread)

/** Every method fails with `DatabaseError` only. */
export class HeldThreads extends Context.Service<
  HeldThreads,
  {
    /** The most recently active threads first. */
    readonly recent: (
      accountId: string,
      limit: number
    ) => Effect.Effect<ReadonlyArray<HeldThread>, DatabaseError>
    /** The gaps of an account that are to be filled. */
    readonly openGaps: (accountId: string) => Effect.Effect<ReadonlyArray<OpenGap>, DatabaseError>
    /** The gaps of a thread that are to be filled. */
    readonly gapsOf: (threadId: string) => Effect.Effect<ReadonlyArray<OpenGap>, DatabaseError>
    readonly reachOf: (threadId: string) => Effect.Effect<Reach, DatabaseError>
    /** The oldest message of a thread that the phone knows; `undefined` when there is none to name. */
    readonly oldest: (threadId: string) => Effect.Effect<RawMessage | undefined, DatabaseError>
    /** Every address of a thread's chat, the first known one first; never empty. */
    readonly addresses: (
      accountId: string,
      threadId: string
    ) => Effect.Effect<ReadonlyArray<string>, DatabaseError>
  }
>()('backscroll/services/history/HeldThreads') {
  /** What is stored. */
  static readonly layer: Layer.Layer<HeldThreads, never, Dependencies> = Layer.effect(
    HeldThreads,
    Effect.gen(function* () {
      const coverage = yield* Coverage
      const run = yield* makeRun
      return HeldThreads.of({
        recent: (accountId, limit) => run(recentThreads(accountId, limit)),
        openGaps: coverage.openGaps,
        gapsOf: coverage.gapsOf,
        reachOf: coverage.reachOf,
        oldest: threadId => run(oldestMessage(threadId)),
        addresses: (accountId, threadId) => run(addressesOf(accountId, threadId))
      })
    })
  )
}

/** What the functions of this service are given. */
const NEEDED = [SqlClient.SqlClient, Coverage, MessageStore] as const

type Dependencies = Context.Service.Identifier<(typeof NEEDED)[number]>

/** Runs the functions below with what they need; their failures are named. */
export const makeRun = Effect.map(Effect.context<Dependencies>(), context => {
  const needed = Context.pick(...NEEDED)(context)
  return <A, E>(work: Effect.Effect<A, E, Dependencies>) =>
    asDatabaseError('reading coverage')(Effect.provideContext(work, needed))
})

export const recentThreads = Effect.fnUntraced(function* (accountId: string, limit: number) {
  const sql = yield* SqlClient.SqlClient
  const rows = yield* sql`SELECT t.thread_id, COALESCE(c.beginning, 'unknown') AS beginning,
      COALESCE(c.sought, 0) AS fetched
    FROM threads t LEFT JOIN coverage c ON c.thread_id = t.thread_id
    WHERE t.account_id = ${accountId} AND ${sql.literal(isRequestable('t.thread_id'))}
      AND NOT COALESCE(${sql.literal(IS_DENIED)}, 0) AND NOT COALESCE(${sql.literal(REACHES_FLOOR)}, 0)
    ORDER BY COALESCE(t.last_message_at, 0) DESC, t.thread_id DESC LIMIT ${limit}`
  return yield* Effect.forEach(rows, row => decodeHeldThread(row))
})

/** What the phone has sent may reach back further than the oldest stored message: some of what it sends is not stored. */
export const oldestMessage = Effect.fnUntraced(function* (threadId: string) {
  const coverage = yield* Coverage
  const messages = yield* MessageStore
  const { floor } = yield* coverage.reachOf(threadId)
  const held = yield* messages.edge(threadId, 'oldest')
  if (held === undefined || (floor !== undefined && floor.at <= held.at)) return floor
  return { whatsAppId: held.whatsAppId, fromMe: held.fromMe, at: held.at } satisfies RawMessage
})

export const addressesOf = Effect.fnUntraced(function* (accountId: string, threadId: string) {
  const sql = yield* SqlClient.SqlClient
  const first = parseThreadId(threadId)?.jid ?? ''
  const rows = yield* sql<{ jid: string }>`SELECT jid FROM addresses
    WHERE account_id = ${accountId} AND person = ${first} ORDER BY jid = ${first} DESC, jid`
  const known = rows.map(({ jid }) => jid).filter(isChatJid)
  if (known.length === 0) return [first]
  // A LID is one person for good; a number may be somebody else's by the time the phone answers.
  return [...known.filter(isLidJid), ...known.filter(jid => !isLidJid(jid))]
})
