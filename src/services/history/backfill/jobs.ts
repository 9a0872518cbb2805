// What the phone is to be asked for, durable: jobs and their parts (the beginning of a thread, or a gap). Requests on
// their way to the phone are in requests.ts.
import { randomBytes } from 'node:crypto'
import { Clock, Context, Effect, Layer } from 'effect'
import { SqlClient } from 'effect/sql'
import type { BackfillJob, BackfillTask, PartReason } from '../../../domain/backfill.ts'
import type { Cursor } from '../../../domain/page.ts'
import { asDatabaseError, type DatabaseError } from '../../database/error.ts'
import { topic, Wakes } from '../../process/wakes.ts'
import { JobKind } from './job-kind.ts'
import { decodeJob, type JobRequest, type Part, type Task } from './rows.ts'
import { findUnplannedParts, listTasks, nextTask, planTasks, setTask } from './tasks.ts'

/** There may be something to ask the phone for. */
export const BACKFILL = topic('backfill')

interface JobPage {
  readonly limit: number
  /** The place of the last job of the page before. */
  readonly before?: Cursor | undefined
}

/** Every method fails with `DatabaseError` only. Times are milliseconds since 1970. */
export class BackfillJobs extends Context.Service<
  BackfillJobs,
  {
    /** Writes down a running job whose parts have yet to be decided. */
    readonly create: (accountId: string, request: JobRequest) => Effect.Effect<BackfillJob, DatabaseError>
    /** `undefined` when the account has no such job. */
    readonly read: (accountId: string, jobId: string) => Effect.Effect<BackfillJob | undefined, DatabaseError>
    /** Newest first. */
    readonly list: (
      accountId: string,
      page: JobPage
    ) => Effect.Effect<ReadonlyArray<BackfillJob>, DatabaseError>
    /** The parts of a job, in the order in which they are worked on. */
    readonly tasks: (
      jobId: string,
      limit: number
    ) => Effect.Effect<ReadonlyArray<BackfillTask>, DatabaseError>
    /** Ends the job; what the phone still answers is stored nevertheless. */
    readonly cancel: (accountId: string, jobId: string) => Effect.Effect<void, DatabaseError>

    /** Running jobs whose parts have yet to be decided, oldest first. */
    readonly unplanned: (accountId: string) => Effect.Effect<ReadonlyArray<BackfillJob>, DatabaseError>
    /** The id of the newest automatic job that is running; `undefined` when there is none. */
    readonly runningAutomatic: (accountId: string) => Effect.Effect<string | undefined, DatabaseError>
    /** Writes down the parts of a job. A job that was cancelled meanwhile gets none; one without parts is done. */
    readonly plan: (
      accountId: string,
      jobId: string,
      parts: ReadonlyArray<Part>
    ) => Effect.Effect<void, DatabaseError>
    /** Open gaps that are in no job; and, if wanted, threads that began live and whose beginning is in no job. */
    readonly unplannedParts: (
      accountId: string,
      withBeginnings: boolean
    ) => Effect.Effect<ReadonlyArray<Pick<Part, 'threadId' | 'gapId'>>, DatabaseError>
    /**
     * When parts were given up because the phone was silent, if no automatic job has begun since; `undefined` when none were.
     */
    readonly gaveUpInSilenceAt: (accountId: string) => Effect.Effect<number | undefined, DatabaseError>
    /** The next part to ask for: requested jobs before automatic ones, and only threads without an open request. */
    readonly next: (accountId: string) => Effect.Effect<Task | undefined, DatabaseError>
    /** Ends a part that needs no (more) requests, or for which none may be made. */
    readonly finish: (
      taskId: number,
      reason: PartReason,
      status?: 'done' | 'refused'
    ) => Effect.Effect<void, DatabaseError>

    /** Wakes whoever waits for something to ask for. */
    readonly wake: (accountId: string) => Effect.Effect<void>
    /** Removes jobs that ended before that time, with their parts and requests. */
    readonly prune: (endedBefore: number) => Effect.Effect<void, DatabaseError>
  }
>()('backscroll/services/history/BackfillJobs') {
  static readonly layer: Layer.Layer<BackfillJobs, never, SqlClient.SqlClient | JobKind | Wakes> =
    Layer.effect(
      BackfillJobs,
      Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        const wakes = yield* Wakes
        const context = Context.make(SqlClient.SqlClient, sql).pipe(Context.add(JobKind, yield* JobKind))
        const run = <A, E>(work: Effect.Effect<A, E, SqlClient.SqlClient | JobKind>) =>
          asDatabaseError('backfill jobs')(Effect.provideContext(work, context))

        return BackfillJobs.of({
          create: (accountId, request) => run(createJob(accountId, request)),
          read: (accountId, jobId) => run(readJob(accountId, jobId)),
          list: (accountId, page) => run(listJobs(accountId, page)),
          tasks: (jobId, limit) => run(listTasks(jobId, limit)),
          cancel: (accountId, jobId) => run(sql.withTransaction(cancelJob(accountId, jobId))),
          unplanned: accountId => run(unplannedJobs(accountId)),
          runningAutomatic: accountId => run(runningAutomaticJob(accountId)),
          plan: (accountId, jobId, parts) => run(sql.withTransaction(planTasks(accountId, jobId, parts))),
          unplannedParts: (accountId, withBeginnings) => run(findUnplannedParts(accountId, withBeginnings)),
          gaveUpInSilenceAt: accountId => run(gaveUpInSilenceAt(accountId)),
          next: accountId => run(nextTask(accountId)),
          finish: (taskId, reason, status = 'done') => run(setTask(taskId, status, reason)),
          wake: accountId => wakes.wake(BACKFILL, accountId),
          prune: endedBefore => run(sql.withTransaction(pruneJobs(endedBefore)))
        })
      })
    )
}

const createJob = Effect.fnUntraced(function* (accountId: string, request: JobRequest) {
  const sql = yield* SqlClient.SqlClient
  const { dry } = yield* JobKind
  const jobId = `job-${randomBytes(9).toString('hex')}`
  const now = yield* Clock.currentTimeMillis
  yield* sql`INSERT INTO backfill_jobs (job_id, account_id, origin, status, thread_id, threads, count, until_at, created_at, dry)
    VALUES (${jobId}, ${accountId}, ${request.origin}, 'running', ${request.threadId}, ${request.threads},
      ${request.count}, ${request.until}, ${now}, ${dry})`
  const job: BackfillJob = {
    jobId,
    accountId,
    ...request,
    status: 'running',
    createdAt: now,
    endedAt: null,
    parts: 0,
    partsDone: 0,
    partsRefused: 0,
    messages: 0,
    waitingFor: null
  }
  return job
})

/** Jobs with what became of their parts; to be followed by a condition and grouped by `j.job_id`. */
const jobsWithParts = Effect.map(
  SqlClient.SqlClient,
  sql => sql`SELECT j.*, NULL AS waiting_for, COUNT(t.task_id) AS parts,
    COUNT(*) FILTER (WHERE t.status = 'done') AS parts_done,
    COUNT(*) FILTER (WHERE t.status = 'refused') AS parts_refused, COALESCE(SUM(t.messages), 0) AS messages
    FROM backfill_jobs j LEFT JOIN backfill_tasks t ON t.job_id = j.job_id`
)

const readJob = Effect.fnUntraced(function* (accountId: string, jobId: string) {
  const sql = yield* SqlClient.SqlClient
  const [row] = yield* sql`${yield* jobsWithParts}
    WHERE j.account_id = ${accountId} AND j.job_id = ${jobId} GROUP BY j.job_id`
  return row === undefined ? undefined : yield* decodeJob(row)
})

const listJobs = Effect.fnUntraced(function* (accountId: string, { before, limit }: JobPage) {
  const sql = yield* SqlClient.SqlClient
  const rows = yield* sql`${yield* jobsWithParts} WHERE j.account_id = ${accountId}
    AND (j.created_at, j.job_id) < (${before?.time ?? Number.MAX_SAFE_INTEGER}, ${before?.id ?? ''})
    GROUP BY j.job_id ORDER BY j.created_at DESC, j.job_id DESC LIMIT ${limit}`
  return yield* Effect.forEach(rows, row => decodeJob(row))
})

const unplannedJobs = Effect.fnUntraced(function* (accountId: string) {
  const sql = yield* SqlClient.SqlClient
  const { dry } = yield* JobKind
  const rows = yield* sql`${yield* jobsWithParts}
    WHERE j.account_id = ${accountId} AND j.status = 'running' AND j.planned = 0 AND j.dry = ${dry}
    GROUP BY j.job_id ORDER BY j.created_at`
  return yield* Effect.forEach(rows, row => decodeJob(row))
})

const runningAutomaticJob = Effect.fnUntraced(function* (accountId: string) {
  const sql = yield* SqlClient.SqlClient
  const { dry } = yield* JobKind
  const [job] = yield* sql<{ jobId: string }>`SELECT job_id FROM backfill_jobs WHERE account_id = ${accountId}
    AND origin = 'automatic' AND status = 'running' AND dry = ${dry} ORDER BY created_at DESC LIMIT 1`
  return job?.jobId
})

const gaveUpInSilenceAt = Effect.fnUntraced(function* (accountId: string) {
  const sql = yield* SqlClient.SqlClient
  const { dry } = yield* JobKind
  const [row] = yield* sql<{ at: number | null }>`SELECT MAX(j.ended_at) AS at FROM backfill_jobs j
    WHERE j.account_id = ${accountId} AND j.dry = ${dry} AND EXISTS (SELECT 1 FROM backfill_tasks t
        WHERE t.job_id = j.job_id AND t.status = 'refused' AND t.code = 'phoneSilent')
      AND NOT EXISTS (SELECT 1 FROM backfill_jobs a WHERE a.account_id = j.account_id AND a.dry = j.dry
        AND a.origin = 'automatic' AND a.created_at >= j.ended_at)`
  return row?.at ?? undefined
})

const cancelJob = Effect.fnUntraced(function* (accountId: string, jobId: string) {
  const sql = yield* SqlClient.SqlClient
  const now = yield* Clock.currentTimeMillis
  yield* sql`UPDATE backfill_jobs SET status = 'cancelled', ended_at = ${now}
    WHERE account_id = ${accountId} AND job_id = ${jobId} AND status = 'running'`
  yield* sql`UPDATE backfill_tasks SET status = 'cancelled' WHERE job_id = ${jobId} AND status IN ('waiting', 'asked')
    AND EXISTS (SELECT 1 FROM backfill_jobs j WHERE j.job_id = ${jobId} AND j.status = 'cancelled')`
  yield* sql`UPDATE backfill_requests SET status = 'unanswered' WHERE status IN ('asking', 'asked')
    AND task_id IN (SELECT task_id FROM backfill_tasks WHERE job_id = ${jobId} AND status = 'cancelled')`
})

const pruneJobs = Effect.fnUntraced(function* (endedBefore: number) {
  const sql = yield* SqlClient.SqlClient
  const old = sql`SELECT job_id FROM backfill_jobs WHERE ended_at < ${endedBefore}`
  yield* sql`DELETE FROM backfill_requests WHERE task_id IN (SELECT task_id FROM backfill_tasks WHERE job_id IN (${old}))`
  yield* sql`DELETE FROM backfill_tasks WHERE job_id IN (${old})`
  yield* sql`DELETE FROM backfill_jobs WHERE ended_at < ${endedBefore}`
})
