// The parts of backfill jobs as they stand in the database.
import { Clock, Effect } from 'effect'
import { SqlClient } from 'effect/sql'
import type { PartReason, ReasonCode } from '../../../domain/backfill.ts'
import { greatest, rowsOf } from '../../database/dialect.ts'
import { IS_ASKED_AGAIN } from '../coverage/gaps.ts'
import { messageFloor, REACHES_FLOOR } from '../coverage/kept-since.ts'
import { isRequestable } from '../requestable.ts'
import { JobKind } from './job-kind.ts'
import { decodeTask, decodeTaskReport, type Part } from './rows.ts'

/** Writes down the parts of a job. A job that was cancelled meanwhile gets none; one without parts is done. */
export const planTasks = Effect.fnUntraced(function* (
  accountId: string,
  jobId: string,
  parts: ReadonlyArray<Part>
) {
  const sql = yield* SqlClient.SqlClient
  const rows = parts.map(({ gapId, remaining, threadId }) => [threadId, gapId, remaining])
  // Nothing is asked for that would not be kept.
  const floor = (yield* messageFloor) ?? 0
  yield* sql`INSERT INTO backfill_tasks (job_id, account_id, thread_id, gap_id, status, remaining, until_at)
    SELECT ${jobId}, ${accountId}, part.thread_id, part.gap_id, 'waiting', part.remaining,
      (SELECT NULLIF(${sql.literal(greatest(sql, 'COALESCE(until_at, 0)', String(floor)))}, 0)
        FROM backfill_jobs WHERE job_id = ${jobId})
    FROM ${rowsOf(sql, rows, ['thread_id', 'gap_id', 'remaining'])} AS part
    WHERE EXISTS (SELECT 1 FROM backfill_jobs WHERE job_id = ${jobId} AND status = 'running')`
  yield* sql`UPDATE backfill_jobs SET planned = 1 WHERE job_id = ${jobId}`
  yield* endJobsThatAreDone(accountId)
})

/** A planned job without open parts is done. */
const endJobsThatAreDone = Effect.fnUntraced(function* (accountId: string) {
  const sql = yield* SqlClient.SqlClient
  const { dry } = yield* JobKind
  const now = yield* Clock.currentTimeMillis
  yield* sql`UPDATE backfill_jobs SET status = 'done', ended_at = ${now}
    WHERE account_id = ${accountId} AND status = 'running' AND dry = ${dry} AND planned = 1
      AND NOT EXISTS (SELECT 1 FROM backfill_tasks t
        WHERE t.job_id = backfill_jobs.job_id AND t.status IN ('waiting', 'asked'))`
})

/** Sets the status of an open part; the last part that ends also ends its job. */
export const setTask = Effect.fnUntraced(function* (
  taskId: number,
  status: 'waiting' | 'done' | 'refused',
  reason: PartReason | null
) {
  const sql = yield* SqlClient.SqlClient
  const [task] = yield* sql<{
    accountId: string
  }>`UPDATE backfill_tasks SET status = ${status}, reason = ${reason?.text ?? null},
      code = ${reason?.code ?? null}
    WHERE task_id = ${taskId} AND status IN ('waiting', 'asked') RETURNING account_id`
  if (task === undefined) return
  // What another request for the part would bring has come, or is not wanted any more.
  yield* sql`UPDATE backfill_requests SET status = 'unanswered'
    WHERE task_id = ${taskId} AND status IN ('asking', 'asked')`
  if (status !== 'waiting') yield* endJobsThatAreDone(task.accountId)
})

export const readTask = Effect.fnUntraced(function* (taskId: number) {
  const sql = yield* SqlClient.SqlClient
  const [row] = yield* sql`SELECT * FROM backfill_tasks WHERE task_id = ${taskId}`
  return row === undefined ? undefined : yield* decodeTask(row)
})

export const nextTask = Effect.fnUntraced(function* (accountId: string) {
  const sql = yield* SqlClient.SqlClient
  const { dry } = yield* JobKind
  const [row] = yield* sql`SELECT t.* FROM backfill_tasks t JOIN backfill_jobs j ON j.job_id = t.job_id
    WHERE t.account_id = ${accountId} AND t.status = 'waiting' AND j.dry = ${dry}
      AND NOT EXISTS (SELECT 1 FROM backfill_tasks o
        WHERE o.account_id = ${accountId} AND o.thread_id = t.thread_id AND o.status = 'asked')
    ORDER BY j.origin DESC, t.attempts + t.silences, t.task_id LIMIT 1`
  return row === undefined ? undefined : yield* decodeTask(row)
})

export const listTasks = Effect.fnUntraced(function* (jobId: string, limit: number) {
  const sql = yield* SqlClient.SqlClient
  const rows = yield* sql`SELECT t.*,
      t.status <> 'done' AND CASE WHEN t.gap_id IS NULL THEN COALESCE(c.beginning, 'unknown') <> 'reached'
        ELSE g.gap_id IS NOT NULL END AS missing,
      g.from_at AS missing_from,
      CASE WHEN t.gap_id IS NULL THEN COALESCE(c.floor_at, (SELECT MIN(m.ts_client) FROM messages m
        WHERE m.thread_id = t.thread_id)) ELSE g.to_at END AS missing_to
    FROM backfill_tasks t LEFT JOIN coverage c ON c.thread_id = t.thread_id
    LEFT JOIN gaps g ON g.gap_id = t.gap_id AND g.closed_at IS NULL
    WHERE t.job_id = ${jobId} ORDER BY t.task_id LIMIT ${limit}`
  return yield* Effect.forEach(rows, row => decodeTaskReport(row))
})

const NOTHING_HELD: ReasonCode = 'nothingHeld'

/** How often a thread is taken up before it has a message to ask before: groups are known before the first one comes. */
const MOST_BEFORE_A_MESSAGE = 3

/** Open gaps without a part in any job; and, if wanted, threads that began live and whose beginning is in none. */
export const findUnplannedParts = Effect.fnUntraced(function* (accountId: string, withBeginnings: boolean) {
  const sql = yield* SqlClient.SqlClient
  const { dry } = yield* JobKind
  return yield* sql<Pick<Part, 'threadId' | 'gapId'>>`SELECT g.thread_id, g.gap_id FROM gaps g
    WHERE g.account_id = ${accountId} AND g.closed_at IS NULL AND NOT ${sql.literal(IS_ASKED_AGAIN)}
      AND ${sql.literal(isRequestable('g.thread_id'))}
      AND NOT EXISTS (SELECT 1 FROM backfill_tasks t JOIN backfill_jobs j ON j.job_id = t.job_id
        WHERE t.gap_id = g.gap_id AND j.dry = ${dry})
    UNION ALL SELECT c.thread_id, NULL FROM coverage c
    WHERE ${withBeginnings} AND c.account_id = ${accountId} AND c.beginning = 'unknown'
      AND c.live_from IS NOT NULL AND NOT ${sql.literal(REACHES_FLOOR)} AND ${sql.literal(isRequestable('c.thread_id'))}
      AND NOT EXISTS (SELECT 1 FROM backfill_tasks t JOIN backfill_jobs j ON j.job_id = t.job_id
        WHERE t.thread_id = c.thread_id AND t.gap_id IS NULL AND j.dry = ${dry}
          AND (COALESCE(t.code, '') <> ${NOTHING_HELD} OR (SELECT COUNT(*) FROM backfill_tasks n
            WHERE n.thread_id = c.thread_id AND n.code = ${NOTHING_HELD}) >= ${MOST_BEFORE_A_MESSAGE}))`
})
