// How complete threads are, for those who read it.
import { Effect, Schema } from 'effect'
import { SqlClient } from 'effect/sql'
import {
  type Beginning,
  type CoverageState,
  coverageState,
  type ThreadCoverage
} from '../../../domain/coverage.ts'
import type { EdgeMessage } from '../../conversations/queries.ts'
import { MessageStore } from '../../conversations/message-store.ts'
import { ThreadStore } from '../../conversations/thread-store.ts'
import { isRequestable } from '../requestable.ts'
import { openGapsOfThread } from './gaps.ts'
import type { CoverageRow, OpenGap } from './rows.ts'
import { readRow } from './thread-row.ts'

/** `undefined` when there is no such thread; a merged thread is found under its old id, too. */
export const readCoverage = Effect.fnUntraced(function* (given: string) {
  const messages = yield* MessageStore
  const threads = yield* ThreadStore
  const thread = yield* threads.read(given)
  if (thread === undefined) return undefined
  const { accountId, threadId } = thread
  const row = yield* readRow(threadId)
  const gaps = yield* openGapsOfThread(threadId)
  const oldest = yield* messages.edge(threadId, 'oldest')
  const newest = yield* messages.edge(threadId, 'newest')
  const beginning = row?.beginning ?? 'unknown'
  const coverage: ThreadCoverage = {
    accountId,
    threadId,
    state: coverageState(beginning, gaps.length, row?.keptSince),
    messages: yield* countMessages(threadId),
    oldest: edgeOf(oldest),
    newest: edgeOf(newest),
    beginningReached: beginning === 'reached',
    keptSince: row?.keptSince ?? null,
    gaps: gaps.map(gapOf),
    requests: yield* openRequests(accountId, threadId),
    lastRefusal: lastRefusalOf(row)
  }
  return coverage
})

const edgeOf = (edge: EdgeMessage | undefined): ThreadCoverage['oldest'] =>
  edge === undefined ? null : { messageId: edge.messageId, at: edge.at }

const gapOf = ({ from, gapId, openedAt, reason, to }: OpenGap): ThreadCoverage['gaps'][number] => ({
  gapId,
  reason,
  from,
  // The pages of an absence go on into what was held before it.
  to: from !== null && to !== null ? Math.max(from, to) : to,
  openedAt
})

const lastRefusalOf = (row: CoverageRow | undefined): ThreadCoverage['lastRefusal'] =>
  row === undefined || row.refusal === null || row.refusedAt === null
    ? null
    : { code: row.refusalCode, reason: row.refusal, at: row.refusedAt }

const countMessages = Effect.fnUntraced(function* (threadId: string) {
  const sql = yield* SqlClient.SqlClient
  const [count] = yield* sql<{ n: number }>`SELECT COUNT(*) AS n FROM messages WHERE thread_id = ${threadId}`
  return count?.n ?? 0
})

/** What the phone has been asked for and has not answered yet. */
const openRequests = Effect.fnUntraced(function* (accountId: string, threadId: string) {
  const sql = yield* SqlClient.SqlClient
  const rows = yield* sql`SELECT r.request_id, t.gap_id, r.asked_at
    FROM backfill_requests r JOIN backfill_tasks t ON t.task_id = r.task_id
    WHERE r.account_id = ${accountId} AND r.status IN ('asking', 'asked') AND r.thread_id = ${threadId}`
  return yield* Effect.forEach(rows, row => decodeRequest(row))
})

const decodeRequest = Schema.decodeUnknownEffect(
  Schema.Struct({ requestId: Schema.String, gapId: Schema.NullOr(Schema.Finite), askedAt: Schema.Finite })
)

/** Which threads a report is about. */
export interface CoverageQuery {
  readonly state?: CoverageState | undefined
  readonly limit: number
  /** Threads whose id comes after this one. */
  readonly after?: string | undefined
}

/** How complete the threads of an account are, by their ids; those of chats whose history a phone does not give are left out. */
export const listCoverage = Effect.fnUntraced(function* (
  accountId: string,
  { after = '', limit, state }: CoverageQuery
) {
  const sql = yield* SqlClient.SqlClient
  const isPartial = sql`(COALESCE(c.beginning, 'unknown') = 'more' AND c.kept_since IS NULL OR EXISTS
    (SELECT 1 FROM gaps g WHERE g.thread_id = t.thread_id AND g.closed_at IS NULL))`
  const hasState = {
    partial: isPartial,
    complete: sql`(COALESCE(c.beginning, 'unknown') = 'reached' OR c.kept_since IS NOT NULL) AND NOT ${isPartial}`,
    unknown: sql`COALESCE(c.beginning, 'unknown') = 'unknown' AND c.kept_since IS NULL AND NOT ${isPartial}`
  }
  const rows = yield* sql<{ threadId: string }>`
    SELECT t.thread_id FROM threads t LEFT JOIN coverage c ON c.thread_id = t.thread_id
    WHERE t.account_id = ${accountId} AND t.thread_id > ${after} AND ${sql.literal(isRequestable('t.thread_id'))}
      AND ${state === undefined ? sql`TRUE` : hasState[state]}
    ORDER BY t.thread_id LIMIT ${limit}`
  const found = yield* Effect.forEach(rows, ({ threadId }) => readCoverage(threadId))
  return found.filter(coverage => coverage !== undefined)
})

/** How many threads of an account are in which state; those of chats whose history a phone does not give are in none. */
export const summarize = Effect.fnUntraced(function* (accountId: string) {
  const sql = yield* SqlClient.SqlClient
  const rows = yield* sql<{ beginning: Beginning | null; keptSince: number | null; open: number; n: number }>`
    SELECT c.beginning, MAX(c.kept_since) AS kept_since, g.thread_id IS NOT NULL AS open, COUNT(*) AS n FROM threads t
    LEFT JOIN coverage c ON c.thread_id = t.thread_id
    LEFT JOIN (SELECT DISTINCT thread_id FROM gaps WHERE account_id = ${accountId} AND closed_at IS NULL) g
      ON g.thread_id = t.thread_id
    WHERE t.account_id = ${accountId} AND ${sql.literal(isRequestable('t.thread_id'))} 
    GROUP BY c.beginning, g.thread_id IS NOT NULL, c.kept_since IS NOT NULL`
  const counts = { complete: 0, partial: 0, unknown: 0 }
  for (const { beginning, keptSince, n, open } of rows)
    counts[coverageState(beginning ?? 'unknown', open, keptSince)] += n
  return counts
})
