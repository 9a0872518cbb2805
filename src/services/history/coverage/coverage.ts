// What is held of each thread and what is known to be missing. Gaps are opened by evidence only: between history and
// the first live message, around an outage that WhatsApp's queue does not bridge, where a history chunk was lost.
import { Clock, Context, Effect, Layer } from 'effect'
import { SqlClient, type Statement } from 'effect/sql'
import {
  type Beginning,
  type CoverageSummary,
  coverageState,
  type ThreadCoverage
} from '../../../domain/coverage.ts'
import { asDatabaseError, type DatabaseError } from '../../database/error.ts'
import { Store } from '../../conversations/store.ts'
import type { DecodedConversation, RawMessage } from '../../whatsapp/convert/chunk.ts'
import { coverageRow, joinHeld, markJoined, openGap } from './gaps.ts'
import { decodeGap, gapOf, type OpenGap, type Reach, reachOf, type ReachRow } from './rows.ts'

/** A live message as it was stored. */
export interface LiveMessage {
  readonly threadId: string
  readonly whatsAppId: string
  readonly fromMe: boolean
  /** Milliseconds since 1970. */
  readonly at: number
}

export interface StoredConversation extends Pick<DecodedConversation, 'oldest' | 'newest' | 'beginning'> {
  readonly threadId: string
}

/** Threads whose first live message is known to have been noted already. */
const MOST_NOTED = 20_000

/** Chunks that bring messages, by the order in which they go back in time: newest, recent, full. */
const PHASES: ReadonlyMap<number, number> = new Map([
  [0, 0],
  [3, 1],
  [2, 2]
])
const placeOf = (syncType: number, chunkOrder: number): number =>
  (PHASES.get(syncType) ?? 9) * 1_000_000 + chunkOrder

export class Coverage extends Context.Service<
  Coverage,
  {
    /** A thread's first live message may leave a stretch open behind it. */
    readonly noteLive: (
      accountId: string,
      messages: ReadonlyArray<LiveMessage>
    ) => Effect.Effect<void, DatabaseError>
    /** What a chunk brought of one thread; joins the transaction that stores it. */
    readonly noteStored: (
      accountId: string,
      chunkId: number,
      conversation: StoredConversation
    ) => Effect.Effect<void, DatabaseError>
    /** A chunk is stored: one that was lost at its place is not missing any more, others may show gaps now. */
    readonly noteChunk: (
      accountId: string,
      syncType: number,
      chunkOrder: number
    ) => Effect.Effect<void, DatabaseError>
    /** Opens gaps where lost chunks lie between what others brought. */
    readonly noteLost: (accountId: string) => Effect.Effect<void, DatabaseError>
    /** Everything after what was held before that time may be missing, in every thread. */
    readonly noteOutage: (accountId: string, heldBefore: number) => Effect.Effect<void, DatabaseError>
    /** The account was linked anew: what comes live from now on has yet to be joined to what is held. */
    readonly noteLinked: (accountId: string, linkedAt: number) => Effect.Effect<void, DatabaseError>
    /** The phone's answer to a request for what lies before a message. */
    readonly noteReach: (
      accountId: string,
      conversation: StoredConversation
    ) => Effect.Effect<void, DatabaseError>
    readonly noteRefusal: (
      accountId: string,
      threadId: string,
      reason: string
    ) => Effect.Effect<void, DatabaseError>
    /** Whether live messages began in a thread since the last time this was asked: there may be something to look at. */
    readonly takeBegun: (accountId: string) => boolean
    /** Forgets what a transaction noted that did not commit. */
    readonly forget: Effect.Effect<void>
    readonly reachOf: (threadId: string) => Effect.Effect<Reach, DatabaseError>
    readonly gap: (gapId: number) => Effect.Effect<OpenGap | undefined, DatabaseError>
    /** Every open gap of an account, the threads with the most recent activity first. */
    readonly openGaps: (accountId: string) => Effect.Effect<ReadonlyArray<OpenGap>, DatabaseError>
    readonly gapsOf: (threadId: string) => Effect.Effect<ReadonlyArray<OpenGap>, DatabaseError>
    /** The gap's newer edge is now this message. */
    readonly narrowGap: (gapId: number, to: RawMessage) => Effect.Effect<void, DatabaseError>
    readonly closeGap: (gapId: number) => Effect.Effect<void, DatabaseError>
    /** `undefined` when there is no such thread. */
    readonly read: (threadId: string) => Effect.Effect<ThreadCoverage | undefined, DatabaseError>
    readonly summary: (accountId: string) => Effect.Effect<CoverageSummary, DatabaseError>
  }
>()('backscroll/services/history/Coverage') {
  static readonly layer: Layer.Layer<Coverage, never, SqlClient.SqlClient | Store> = Layer.effect(
    Coverage,
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const store = yield* Store
      const noted = new Set<string>()
      const begun = new Set<string>()
      const failed = asDatabaseError('coverage')

      const ensure = (accountId: string, threadId: string) =>
        sql`INSERT INTO coverage (thread_id, account_id) VALUES (${threadId}, ${accountId}) ON CONFLICT DO NOTHING`

      /** The gap's newer edge is this message. */
      const endGap = (gapId: number, to: RawMessage) =>
        sql`UPDATE gaps SET to_at = ${to.at}, to_id = ${to.whatsAppId}, to_from_me = ${to.fromMe}
          WHERE gap_id = ${gapId}`

      const noteFirstLive = Effect.fnUntraced(function* (accountId: string, live: LiveMessage) {
        const { at, fromMe, threadId, whatsAppId } = live
        yield* ensure(accountId, threadId)
        const first =
          yield* sql`UPDATE coverage SET live_from = ${at}, live_id = ${whatsAppId}, live_from_me = ${fromMe}
          WHERE thread_id = ${threadId} AND live_from IS NULL RETURNING 1`
        if (first.length === 0) return
        begun.add(accountId)
        yield* joinHeld(sql, accountId, threadId, { whatsAppId, fromMe, at })
      })

      const noteLive = Effect.fnUntraced(function* (accountId: string, messages: ReadonlyArray<LiveMessage>) {
        for (const live of messages) {
          if (noted.has(live.threadId)) continue
          yield* noteFirstLive(accountId, live)
          if (noted.size >= MOST_NOTED) noted.clear()
          noted.add(live.threadId)
        }
      })

      /** The floor only sinks; that the beginning was reached is never taken back. */
      const noteReach = Effect.fnUntraced(function* (
        accountId: string,
        { beginning, oldest, threadId }: StoredConversation
      ) {
        yield* ensure(accountId, threadId)
        if (beginning !== undefined) {
          yield* sql`UPDATE coverage SET beginning = ${beginning} WHERE thread_id = ${threadId} AND beginning <> 'reached'`
        }
        if (oldest === undefined) return
        yield* sql`UPDATE coverage SET floor_at = ${oldest.at}, floor_id = ${oldest.whatsAppId}, floor_from_me = ${oldest.fromMe}
          WHERE thread_id = ${threadId} AND (floor_at IS NULL OR floor_at >= ${oldest.at})`
      })

      /** History that comes after live messages began: it meets them, or leaves a stretch between. */
      const joinLive = Effect.fnUntraced(function* (
        accountId: string,
        threadId: string,
        newest: RawMessage,
        { joined: isJoined, liveFrom, liveFromMe, liveId }: ReachRow
      ) {
        if (isJoined === 1 || liveFrom === null || liveId === null) return
        if (newest.at < liveFrom) {
          yield* openGap(sql, accountId, threadId, {
            reason: 'history-to-live',
            cause: liveId,
            from: newest,
            to: { whatsAppId: liveId, fromMe: liveFromMe === 1, at: liveFrom }
          })
        }
        yield* markJoined(sql, threadId)
      })

      const noteStored = Effect.fnUntraced(function* (
        accountId: string,
        chunkId: number,
        conversation: StoredConversation
      ) {
        yield* noteReach(accountId, conversation)
        const { newest, oldest, threadId } = conversation
        if (newest === undefined || oldest === undefined) return
        yield* sql`INSERT INTO history_stretches (chunk_id, account_id, thread_id, oldest_at, oldest_id, oldest_from_me, newest_at, newest_id)
          VALUES (${chunkId}, ${accountId}, ${threadId}, ${oldest.at}, ${oldest.whatsAppId}, ${oldest.fromMe}, ${newest.at}, ${newest.whatsAppId})
          ON CONFLICT (chunk_id, thread_id) DO UPDATE SET oldest_at = MIN(oldest_at, excluded.oldest_at),
            newest_at = MAX(newest_at, excluded.newest_at)`
        const row = yield* coverageRow(sql, threadId)
        if (row !== undefined) yield* joinLive(accountId, threadId, newest, row)
      })

      const lostChunks = (accountId: string) =>
        sql<{
          chunkId: number
          syncType: number
          chunkOrder: number
        }>`SELECT c.chunk_id, c.sync_type, c.chunk_order
          FROM history_chunks c JOIN accounts a ON a.account_id = c.account_id
          WHERE c.account_id = ${accountId} AND c.state = 'failed' AND c.received_at >= COALESCE(a.linked_at, 0)`

      /** Whether the phone said that it has nothing before what it sent. */
      const isWhole = (threadId: string) =>
        Effect.map(
          sql`SELECT 1 FROM coverage WHERE thread_id = ${threadId} AND beginning = 'reached'`,
          found => found.length > 0
        )

      const noteLost = Effect.fnUntraced(function* (accountId: string) {
        const lost = yield* lostChunks(accountId)
        if (lost.length === 0) return
        const stretches = yield* sql<{
          threadId: string
          syncType: number
          chunkOrder: number
          oldestAt: number
          oldestId: string
          oldestFromMe: number
          newestAt: number
          newestId: string
        }>`SELECT s.*, c.sync_type, c.chunk_order FROM history_stretches s
          JOIN history_chunks c ON c.chunk_id = s.chunk_id JOIN accounts a ON a.account_id = c.account_id
          WHERE s.account_id = ${accountId} AND c.received_at >= COALESCE(a.linked_at, 0)`
        const byThread = Map.groupBy(stretches, stretch => stretch.threadId)
        for (const chunk of lost) {
          const place = placeOf(chunk.syncType, chunk.chunkOrder)
          if (!PHASES.has(chunk.syncType)) continue
          for (const [threadId, parts] of byThread) {
            const newer = parts
              .filter(part => placeOf(part.syncType, part.chunkOrder) < place)
              .toSorted((a, b) => a.oldestAt - b.oldestAt)
              .at(0)
            const older = parts
              .filter(part => placeOf(part.syncType, part.chunkOrder) > place)
              .toSorted((a, b) => b.newestAt - a.newestAt)
              .at(0)
            // Without anything older, all that lies before what came may have been in it, unless that is the beginning.
            if (older === undefined && (newer === undefined || (yield* isWhole(threadId)))) continue
            yield* openGap(sql, accountId, threadId, {
              reason: 'lost-chunk',
              cause: String(chunk.chunkId),
              from: older === undefined ? null : { at: older.newestAt, whatsAppId: older.newestId },
              to:
                newer === undefined
                  ? null
                  : { at: newer.oldestAt, whatsAppId: newer.oldestId, fromMe: newer.oldestFromMe === 1 }
            })
          }
        }
      })

      const noteChunk = Effect.fnUntraced(function* (
        accountId: string,
        syncType: number,
        chunkOrder: number
      ) {
        const now = yield* Clock.currentTimeMillis
        yield* sql`UPDATE gaps SET closed_at = ${now} WHERE account_id = ${accountId} AND closed_at IS NULL
          AND reason = 'lost-chunk' AND cause IN (SELECT CAST(c.chunk_id AS TEXT) FROM history_chunks c
            JOIN accounts a ON a.account_id = c.account_id WHERE c.account_id = ${accountId} AND c.sync_type = ${syncType}
            AND c.chunk_order = ${chunkOrder} AND c.received_at >= COALESCE(a.linked_at, 0))`
        yield* noteLost(accountId)
      })

      /** Whether nothing has come since an earlier absence; else that one's gap ends where something came. */
      const isStillOut = Effect.fnUntraced(function* (threadId: string) {
        const endless = yield* sql<{
          gapId: number
          fromAt: number | null
        }>`SELECT gap_id, from_at FROM gaps
          WHERE thread_id = ${threadId} AND closed_at IS NULL AND to_at IS NULL`
        for (const { fromAt: from, gapId: gapId } of endless) {
          const after = yield* store.edge(threadId, 'oldest', { after: from ?? undefined })
          if (after === undefined) return true
          yield* endGap(gapId, after)
        }
        return false
      })

      const noteOutage = Effect.fnUntraced(function* (accountId: string, heldBefore: number) {
        const threads = yield* sql<{
          threadId: string
        }>`SELECT thread_id FROM threads WHERE account_id = ${accountId}`
        for (const { threadId: threadId } of threads) {
          if (yield* isStillOut(threadId)) continue
          const newest = yield* store.edge(threadId, 'newest', { before: heldBefore })
          if (newest === undefined) continue
          yield* openGap(sql, accountId, threadId, {
            reason: 'outage',
            cause: String(heldBefore),
            from: newest,
            to: null
          })
        }
      })

      const noteLinked = Effect.fnUntraced(function* (accountId: string, linkedAt: number) {
        yield* sql`UPDATE coverage SET live_from = NULL, live_id = NULL, joined = 0 WHERE account_id = ${accountId}`
        noted.clear()
        yield* noteOutage(accountId, linkedAt)
      })

      const noteRefusal = Effect.fnUntraced(function* (accountId: string, threadId: string, reason: string) {
        yield* ensure(accountId, threadId)
        yield* sql`UPDATE coverage SET refusal = ${reason}, refused_at = ${yield* Clock.currentTimeMillis}
          WHERE thread_id = ${threadId}`
      })

      const openGaps = (where: Statement.Fragment) =>
        Effect.flatMap(
          sql`SELECT g.gap_id, g.thread_id, g.reason, g.from_at, g.from_id, g.to_at, g.to_id, g.to_from_me, g.opened_at FROM gaps g
            LEFT JOIN threads t ON t.thread_id = g.thread_id
            WHERE g.closed_at IS NULL AND ${where} ORDER BY t.last_message_at DESC, COALESCE(g.from_at, 0) DESC`,
          rows => Effect.forEach(rows, row => Effect.map(decodeGap(row), gapOf))
        )

      const read = Effect.fnUntraced(function* (given: string) {
        const thread = yield* store.readThread(given)
        if (thread === undefined) return undefined
        const { accountId, threadId } = thread
        const row = yield* coverageRow(sql, threadId)
        const gaps = yield* openGaps(sql`g.thread_id = ${threadId}`)
        const [oldest, newest] = yield* Effect.all([
          store.edge(threadId, 'oldest'),
          store.edge(threadId, 'newest')
        ])
        const [count] = yield* sql<{
          n: number
        }>`SELECT COUNT(*) AS n FROM messages WHERE thread_id = ${threadId}`
        const requests = yield* sql<{ requestId: string; gapId: number | null; askedAt: number }>`
          SELECT r.request_id, t.gap_id, r.asked_at FROM backfill_requests r JOIN backfill_tasks t ON t.task_id = r.task_id
          WHERE r.account_id = ${accountId} AND r.status IN ('asking', 'asked') AND r.thread_id = ${threadId}`
        const beginning = row?.beginning ?? 'unknown'
        return {
          accountId,
          threadId,
          state: coverageState(beginning, gaps.length),
          messages: count?.n ?? 0,
          oldest: oldest === undefined ? null : { messageId: oldest.messageId, at: oldest.at },
          newest: newest === undefined ? null : { messageId: newest.messageId, at: newest.at },
          beginningReached: beginning === 'reached',
          gaps: gaps.map(({ from, gapId, openedAt, reason, to }) => ({ gapId, reason, from, to, openedAt })),
          requests: requests.map(request => ({
            requestId: request.requestId,
            gapId: request.gapId,
            askedAt: request.askedAt
          })),
          lastRefusal:
            row?.refusal == null || row.refusedAt === null ? null : { reason: row.refusal, at: row.refusedAt }
        } satisfies ThreadCoverage
      })

      const summary = Effect.fnUntraced(function* (accountId: string) {
        const rows = yield* sql<{ beginning: Beginning | null; open: number; n: number }>`
          SELECT c.beginning, g.thread_id IS NOT NULL AS open, COUNT(*) AS n FROM threads t
          LEFT JOIN coverage c ON c.thread_id = t.thread_id
          LEFT JOIN (SELECT DISTINCT thread_id FROM gaps WHERE account_id = ${accountId} AND closed_at IS NULL) g
            ON g.thread_id = t.thread_id
          WHERE t.account_id = ${accountId} GROUP BY 1, 2`
        const counts = { complete: 0, partial: 0, unknown: 0 }
        for (const { beginning, n, open } of rows) counts[coverageState(beginning ?? 'unknown', open)] += n
        return counts
      })

      return Coverage.of({
        noteLive: (accountId, messages) => failed(noteLive(accountId, messages)),
        noteStored: (accountId, chunkId, conversation) =>
          failed(noteStored(accountId, chunkId, conversation)),
        noteChunk: (accountId, syncType, order) => failed(noteChunk(accountId, syncType, order)),
        noteLost: accountId => failed(sql.withTransaction(noteLost(accountId))),
        noteOutage: (accountId, before) => failed(sql.withTransaction(noteOutage(accountId, before))),
        noteLinked: (accountId, linkedAt) => failed(sql.withTransaction(noteLinked(accountId, linkedAt))),
        noteReach: (accountId, conversation) => failed(noteReach(accountId, conversation)),
        noteRefusal: (accountId, threadId, reason) => failed(noteRefusal(accountId, threadId, reason)),
        takeBegun: accountId => begun.delete(accountId),
        forget: Effect.sync(() => noted.clear()),
        reachOf: threadId => failed(Effect.map(coverageRow(sql, threadId), reachOf)),
        gap: gapId => failed(Effect.map(openGaps(sql`g.gap_id = ${gapId}`), ([gap]) => gap)),
        openGaps: accountId => failed(openGaps(sql`g.account_id = ${accountId}`)),
        gapsOf: threadId => failed(openGaps(sql`g.thread_id = ${threadId}`)),
        narrowGap: (gapId, to) => failed(Effect.asVoid(endGap(gapId, to))),
        closeGap: gapId =>
          failed(
            Effect.flatMap(Clock.currentTimeMillis, now =>
              Effect.asVoid(
                sql`UPDATE gaps SET closed_at = ${now} WHERE gap_id = ${gapId} AND closed_at IS NULL`
              )
            )
          ),
        read: threadId => failed(read(threadId)),
        summary: accountId => failed(summary(accountId))
      })
    })
  )
}
