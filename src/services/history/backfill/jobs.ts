// What the phone is to be asked for, durable: jobs and their parts (the beginning of a thread, or a gap). The requests that
// are on their way are in backfill-requests.ts.
import { randomBytes } from 'node:crypto'
import { Clock, Context, Effect, Layer } from 'effect'
import { SqlClient } from 'effect/sql'
import type { BackfillJob, BackfillTask } from '../../../domain/backfill.ts'
import { topic, Wakes } from '../../process/wakes.ts'
import { Incidents } from '../../incidents/incidents.ts'
import { asDatabaseError, type DatabaseError } from '../../database/error.ts'
import {
  decodeJob,
  decodeTask,
  jobOf,
  type JobRequest,
  type PageRequest,
  type Part,
  shownTask,
  type Task,
  taskOf
} from './rows.ts'
import { makeRequests, type PageAnswer } from './requests.ts'
import { Coverage } from '../coverage/coverage.ts'

/** There may be something to ask the phone for. */
export const BACKFILL = topic('backfill')

export class BackfillJobs extends Context.Service<
  BackfillJobs,
  {
    readonly create: (accountId: string, request: JobRequest) => Effect.Effect<BackfillJob, DatabaseError>
    readonly read: (accountId: string, jobId: string) => Effect.Effect<BackfillJob | undefined, DatabaseError>
    /** Newest first. */
    readonly list: (
      accountId: string,
      page: {
        readonly limit: number
        readonly before?: { readonly time: number; readonly id: string } | undefined
      }
    ) => Effect.Effect<ReadonlyArray<BackfillJob>, DatabaseError>
    /** The parts of a job, in the order in which they are worked on. */
    readonly tasks: (
      jobId: string,
      limit: number
    ) => Effect.Effect<ReadonlyArray<BackfillTask>, DatabaseError>
    /** Ends the job; what the phone still answers is stored all the same. */
    readonly cancel: (accountId: string, jobId: string) => Effect.Effect<void, DatabaseError>

    /** Running jobs whose parts have yet to be decided. */
    readonly unplanned: (accountId: string) => Effect.Effect<ReadonlyArray<BackfillJob>, DatabaseError>
    /** Decides the parts of a job. */
    /** The job that the server made by itself and that is not done; `undefined` when there is none. */
    readonly runningAutomatic: (accountId: string) => Effect.Effect<string | undefined, DatabaseError>
    readonly plan: (
      accountId: string,
      jobId: string,
      parts: ReadonlyArray<Part>
    ) => Effect.Effect<void, DatabaseError>
    /** Gaps that no job has ever been about; and, if wanted, chats that began live and whose beginning nobody has sought. */
    readonly untried: (
      accountId: string,
      withBeginnings: boolean
    ) => Effect.Effect<ReadonlyArray<Pick<Part, 'threadId' | 'gapId'>>, DatabaseError>
    /** The next part to ask for: jobs that were asked for go first; one request a thread at a time. */
    readonly next: (accountId: string) => Effect.Effect<Task | undefined, DatabaseError>
    readonly inFlight: (accountId: string) => Effect.Effect<number, DatabaseError>
    /** When the oldest request that is not answered was made. */
    readonly oldestAsked: (accountId: string) => Effect.Effect<number | undefined, DatabaseError>
    readonly asked: (accountId: string, request: PageRequest) => Effect.Effect<void, DatabaseError>
    /** WhatsApp has the request. */
    readonly sent: (requestId: string) => Effect.Effect<void, DatabaseError>
    /** Requests of which that is not known, left by a crash or a lost connection, are as if they had never been made. */
    readonly forgetUnsent: (accountId: string) => Effect.Effect<void, DatabaseError>
    /** The request did not leave: as if it had never been made. */
    readonly unasked: (request: PageRequest) => Effect.Effect<void, DatabaseError>
    /** The phone will not answer it: so it has said, or WhatsApp has, which says nothing of the phone. */
    readonly refused: (
      accountId: string,
      request: PageRequest,
      reason: string,
      by?: 'phone' | 'whatsapp'
    ) => Effect.Effect<void, DatabaseError>
    /** A part that needs no (more) asking. */
    readonly finish: (taskId: number, reason: string) => Effect.Effect<void, DatabaseError>
    /**
     * Gives up waiting for what was asked before that time. `silent` when the phone has answered nothing since: then it
     * counts as no attempt.
     */
    readonly expire: (
      accountId: string,
      askedBefore: number
    ) => Effect.Effect<{ readonly expired: number; readonly silent: boolean }, DatabaseError>
    /** Whether a request was made by a job of the other kind: by the dry run, or before it. */
    readonly isOfOthers: (request: PageRequest) => Effect.Effect<boolean, DatabaseError>
    /** The request that an answer belongs to: by its id, else by the thread it is about. */
    readonly requestOf: (
      accountId: string,
      requestId: string | undefined,
      threadIds: ReadonlyArray<string>
    ) => Effect.Effect<PageRequest | undefined, DatabaseError>
    /** Settles a request by its answer; joins the transaction that stores what it brought. */
    readonly answered: (
      accountId: string,
      request: PageRequest,
      answer: PageAnswer
    ) => Effect.Effect<void, DatabaseError>

    /** Has whoever waits for work look again. */
    readonly wake: (accountId: string) => Effect.Effect<void>
    /** A sign of the phone: wakes, and ends the patience with a silent one. */
    readonly heard: (accountId: string) => Effect.Effect<void>
    /** Whether the phone was heard since the last time this was asked. */
    readonly takeHeard: (accountId: string) => boolean
    /** Removes jobs that ended before that time. */
    readonly prune: (endedBefore: number) => Effect.Effect<void, DatabaseError>
  }
>()('backscroll/services/history/BackfillJobs') {
  static layer(options: {
    /** Nothing of what the phone answers is stored: gaps stay open, and what was fetched counts for nothing. */
    readonly dryRun: boolean
  }): Layer.Layer<BackfillJobs, never, SqlClient.SqlClient | Coverage | Incidents | Wakes> {
    return Layer.effect(
      BackfillJobs,
      Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        /** Jobs of the dry run, or real ones: those of the other kind wait until it is their time again. */
        const dry = options.dryRun ? 1 : 0
        const coverage = yield* Coverage
        const incidents = yield* Incidents
        const heard = new Set<string>()
        /** When each phone gave its last sign, milliseconds since 1970. */
        const heardAt = new Map<string, number>()
        const wakes = yield* Wakes
        const failed = asDatabaseError('backfill jobs')

        const jobs = sql`SELECT j.*, COUNT(t.task_id) AS parts, COUNT(*) FILTER (WHERE t.status = 'done') AS parts_done,
        COUNT(*) FILTER (WHERE t.status = 'refused') AS parts_refused, COALESCE(SUM(t.messages), 0) AS messages
        FROM backfill_jobs j LEFT JOIN backfill_tasks t ON t.job_id = j.job_id`

        const read = Effect.fnUntraced(function* (accountId: string, jobId: string) {
          const [row] =
            yield* sql`${jobs} WHERE j.account_id = ${accountId} AND j.job_id = ${jobId} GROUP BY j.job_id`
          return row === undefined ? undefined : jobOf(yield* decodeJob(row))
        })

        const create = Effect.fnUntraced(function* (accountId: string, request: JobRequest) {
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

        const list = Effect.fnUntraced(function* (
          accountId: string,
          page: {
            readonly limit: number
            readonly before?: { readonly time: number; readonly id: string } | undefined
          }
        ) {
          const { limit, before } = page
          const rows = yield* sql`${jobs} WHERE j.account_id = ${accountId}
          AND (j.created_at, j.job_id) < (${before?.time ?? Number.MAX_SAFE_INTEGER}, ${before?.id ?? ''})
          GROUP BY j.job_id ORDER BY j.created_at DESC, j.job_id DESC LIMIT ${limit}`
          return yield* Effect.forEach(rows, row => Effect.map(decodeJob(row), jobOf))
        })

        /** A job without open parts is done. */
        const endIfDone = (accountId: string) =>
          Effect.flatMap(
            Clock.currentTimeMillis,
            now => sql`UPDATE backfill_jobs SET status = 'done', ended_at = ${now}
            WHERE account_id = ${accountId} AND status = 'running' AND dry = ${dry} AND planned = 1 AND NOT EXISTS (SELECT 1 FROM backfill_tasks t
              WHERE t.job_id = backfill_jobs.job_id AND t.status IN ('waiting', 'asked'))`
          )

        const plan = Effect.fnUntraced(function* (
          accountId: string,
          jobId: string,
          parts: ReadonlyArray<Part>
        ) {
          yield* sql`INSERT INTO backfill_tasks (job_id, account_id, thread_id, gap_id, status, remaining, until_at)
          SELECT ${jobId}, ${accountId}, value ->> 'threadId', value ->> 'gapId', 'waiting', value ->> 'remaining',
            (SELECT until_at FROM backfill_jobs WHERE job_id = ${jobId})
          FROM json_each(${JSON.stringify(parts)})
          WHERE EXISTS (SELECT 1 FROM backfill_jobs WHERE job_id = ${jobId} AND status = 'running')`
          yield* sql`UPDATE backfill_jobs SET planned = 1 WHERE job_id = ${jobId}`
          yield* endIfDone(accountId)
        }, sql.withTransaction)

        const next = Effect.fnUntraced(function* (accountId: string) {
          const [row] =
            yield* sql`SELECT t.* FROM backfill_tasks t JOIN backfill_jobs j ON j.job_id = t.job_id
          WHERE t.account_id = ${accountId} AND t.status = 'waiting' AND j.dry = ${dry} AND (t.gap_id IS NULL OR j.dry = 0) AND NOT EXISTS (SELECT 1 FROM backfill_tasks o
            WHERE o.account_id = ${accountId} AND o.thread_id = t.thread_id AND o.status = 'asked')
          ORDER BY j.origin DESC, t.attempts + t.silences, t.task_id LIMIT 1`
          return row === undefined ? undefined : taskOf(yield* decodeTask(row))
        })

        const setTask = Effect.fnUntraced(function* (
          taskId: number,
          status: 'waiting' | 'done' | 'refused',
          reason: string | null
        ) {
          const [task] = yield* sql<{
            accountId: string
          }>`UPDATE backfill_tasks SET status = ${status}, reason = ${reason}
          WHERE task_id = ${taskId} AND status IN ('waiting', 'asked') RETURNING account_id`
          if (task !== undefined && status !== 'waiting') yield* endIfDone(task.accountId)
        })

        const requests = makeRequests({ sql, coverage, incidents, dry, setTask, heardAt })

        const cancel = Effect.fnUntraced(function* (accountId: string, jobId: string) {
          const now = yield* Clock.currentTimeMillis
          yield* sql`UPDATE backfill_jobs SET status = 'cancelled', ended_at = ${now}
          WHERE account_id = ${accountId} AND job_id = ${jobId} AND status = 'running'`
          yield* sql`UPDATE backfill_tasks SET status = 'cancelled' WHERE job_id = ${jobId} AND status IN ('waiting', 'asked')
          AND EXISTS (SELECT 1 FROM backfill_jobs j WHERE j.job_id = ${jobId} AND j.status = 'cancelled')`
          yield* sql`UPDATE backfill_requests SET status = 'unanswered' WHERE status IN ('asking', 'asked') AND task_id IN (
          SELECT task_id FROM backfill_tasks WHERE job_id = ${jobId} AND status = 'cancelled')`
        }, sql.withTransaction)

        const prune = Effect.fnUntraced(function* (endedBefore: number) {
          const old = sql`SELECT job_id FROM backfill_jobs WHERE ended_at < ${endedBefore}`
          yield* sql`DELETE FROM backfill_requests WHERE task_id IN (SELECT task_id FROM backfill_tasks WHERE job_id IN (${old}))`
          yield* sql`DELETE FROM backfill_tasks WHERE job_id IN (${old})`
          yield* sql`DELETE FROM backfill_jobs WHERE ended_at < ${endedBefore}`
        }, sql.withTransaction)

        return BackfillJobs.of({
          create: (accountId, request) => failed(create(accountId, request)),
          read: (accountId, jobId) => failed(read(accountId, jobId)),
          list: (accountId, page) => failed(list(accountId, page)),
          tasks: (jobId, limit) =>
            failed(
              Effect.flatMap(
                sql`SELECT * FROM backfill_tasks WHERE job_id = ${jobId} ORDER BY task_id LIMIT ${limit}`,
                rows => Effect.forEach(rows, row => Effect.map(decodeTask(row), shownTask))
              )
            ),
          cancel: (accountId, jobId) => failed(cancel(accountId, jobId)),
          unplanned: accountId =>
            failed(
              Effect.flatMap(
                sql`${jobs} WHERE j.account_id = ${accountId} AND j.status = 'running' AND j.planned = 0 AND j.dry = ${dry}
                GROUP BY j.job_id ORDER BY j.created_at`,
                rows => Effect.forEach(rows, row => Effect.map(decodeJob(row), jobOf))
              )
            ),
          runningAutomatic: accountId =>
            failed(
              Effect.map(
                sql<{ id: string }>`SELECT job_id AS id FROM backfill_jobs WHERE account_id = ${accountId}
                  AND origin = 'automatic' AND status = 'running' AND dry = ${dry} ORDER BY created_at DESC LIMIT 1`,
                ([row]) => row?.id
              )
            ),
          plan: (accountId, jobId, parts) => failed(plan(accountId, jobId, parts)),
          untried: (accountId, withBeginnings) =>
            failed(
              Effect.map(
                sql<{ threadId: string; gapId: number | null }>`SELECT g.thread_id, g.gap_id FROM gaps g
                WHERE g.account_id = ${accountId} AND g.closed_at IS NULL AND ${options.dryRun ? 0 : 1}
                  AND NOT EXISTS (SELECT 1 FROM backfill_tasks t WHERE t.gap_id = g.gap_id)
                UNION ALL SELECT c.thread_id, NULL FROM coverage c
                WHERE ${withBeginnings ? 1 : 0} AND c.account_id = ${accountId} AND c.beginning = 'unknown'
                  AND c.live_from IS NOT NULL
                  AND NOT EXISTS (SELECT 1 FROM backfill_tasks t JOIN backfill_jobs j ON j.job_id = t.job_id
                    WHERE t.thread_id = c.thread_id AND t.gap_id IS NULL AND j.dry = ${dry})`,
                rows => rows.map(row => ({ threadId: row.threadId, gapId: row.gapId }))
              )
            ),
          next: accountId => failed(next(accountId)),
          inFlight: accountId => failed(requests.inFlight(accountId)),
          oldestAsked: accountId => failed(requests.oldestAsked(accountId)),
          asked: (accountId, request) => failed(requests.asked(accountId, request)),
          sent: requestId => failed(requests.sent(requestId)),
          forgetUnsent: accountId => failed(requests.forgetUnsent(accountId)),
          unasked: request => failed(requests.unasked(request)),
          refused: (accountId, request, reason, by) =>
            failed(requests.refused(accountId, request, reason, by)),
          finish: (taskId, reason) => failed(setTask(taskId, 'done', reason)),
          expire: (accountId, askedBefore) => failed(requests.expire(accountId, askedBefore)),
          isOfOthers: ({ taskId }) => failed(requests.isOfOthers(taskId)),
          requestOf: (accountId, requestId, threadIds) =>
            failed(requests.requestOf(accountId, requestId, threadIds)),
          answered: (accountId, request, answer) => failed(requests.answered(accountId, request, answer)),
          wake: accountId => wakes.wake(BACKFILL, accountId),
          heard: accountId =>
            Effect.gen(function* () {
              heard.add(accountId)
              heardAt.set(accountId, yield* Clock.currentTimeMillis)
              yield* wakes.wake(BACKFILL, accountId)
            }),
          takeHeard: accountId => heard.delete(accountId),
          prune: before => failed(prune(before))
        })
      })
    )
  }
}
