// The document of a thread: the thread, its other addresses, its coverage and who was in it before.
import { Effect, Schema } from 'effect'
import type { SqlClient } from 'effect/sql'
import { ReasonCode } from '../../../domain/backfill.ts'
import { Beginning, coverageState } from '../../../domain/coverage.ts'
import { pastParticipants } from '../../conversations/sql/past-participants.ts'
import { decodeThread, THREAD_SELECT } from '../../conversations/sql/thread-pages.ts'
import { decodeGap } from '../../history/coverage/rows.ts'

const CoverageRow = Schema.Struct({
  beginning: Beginning,
  keptSince: Schema.NullOr(Schema.Finite),
  refusal: Schema.NullOr(Schema.String),
  refusalCode: Schema.NullOr(ReasonCode),
  refusedAt: Schema.NullOr(Schema.Finite)
})
type CoverageRow = typeof CoverageRow.Type
const decodeCoverage = Schema.decodeUnknownEffect(CoverageRow)

const UNKNOWN: CoverageRow = {
  beginning: 'unknown',
  keptSince: null,
  refusal: null,
  refusalCode: null,
  refusedAt: null
}

const refusalOf = ({ refusal, refusalCode, refusedAt }: CoverageRow) =>
  refusal === null || refusedAt === null ? null : { code: refusalCode, reason: refusal, at: refusedAt }

const coverageOf = Effect.fnUntraced(function* (sql: SqlClient.SqlClient, threadId: string) {
  const [row] =
    yield* sql`SELECT beginning, kept_since, refusal, refusal_code, refused_at FROM coverage WHERE thread_id = ${threadId}`
  const coverage = row === undefined ? UNKNOWN : yield* decodeCoverage(row)
  const rows =
    yield* sql`SELECT * FROM gaps WHERE thread_id = ${threadId} AND closed_at IS NULL ORDER BY gap_id`
  const gaps = yield* Effect.forEach(rows, row => decodeGap(row))
  return {
    state: coverageState(coverage.beginning, gaps.length, coverage.keptSince),
    beginningReached: coverage.beginning === 'reached',
    keptSince: coverage.keptSince,
    gaps: gaps.map(({ from, gapId, openedAt, reason, to }) => ({ gapId, reason, from, to, openedAt })),
    lastRefusal: refusalOf(coverage)
  }
})

/** The other addresses of a thread's person. */
const aliasesOf = (sql: SqlClient.SqlClient, accountId: string, clientJid: string) =>
  Effect.map(
    sql<{ jid: string }>`SELECT jid FROM addresses
      WHERE account_id = ${accountId} AND person = ${clientJid} AND jid <> ${clientJid} ORDER BY jid`,
    rows => rows.map(({ jid }) => jid)
  )

/** `undefined` when there is no such thread. */
export const threadDocument = Effect.fnUntraced(function* (sql: SqlClient.SqlClient, threadId: string) {
  const [row] = yield* sql.unsafe(`${THREAD_SELECT} WHERE t.thread_id = ?`, [threadId])
  if (row === undefined) return undefined
  const thread = yield* decodeThread(row)
  return {
    ...thread,
    aliases: yield* aliasesOf(sql, thread.accountId, thread.clientJid),
    coverage: yield* coverageOf(sql, threadId),
    pastParticipants: yield* pastParticipants(sql, threadId)
  }
})
