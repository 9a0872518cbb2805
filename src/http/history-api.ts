// The HTTP contract of coverage, backfill and the dry run.
import { Schema } from 'effect'
import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema, OpenApi } from 'effect/http-api'
import { BackfillJob, BackfillTask } from '../domain/backfill.ts'
import { CoverageSummary, ThreadCoverage } from '../domain/coverage.ts'
import { CountedThread } from '../services/history/dry-run/dry-run.ts'
import { Authorization } from './auth.ts'
import { AccountId, CursorText, limit, ThreadId } from './fields.ts'
import { BadField, NotFound, StoreUnavailable, WrongState } from './problems.ts'

const accountPath = { accountId: AccountId }
const JobId = Schema.String.check(Schema.isMaxLength(100))
const jobPath = { ...accountPath, jobId: JobId }
const whole = (most: number, message: string) =>
  Schema.Finite.check(Schema.isInt({ message }), Schema.isBetween({ minimum: 0, maximum: most }, { message }))

export class HistoryGroup extends HttpApiGroup.make('history')
  .add(
    HttpApiEndpoint.get('coverage', '/threads/:threadId/coverage', {
      params: { threadId: ThreadId },
      success: ThreadCoverage,
      error: [NotFound, StoreUnavailable]
    }).annotateMerge(
      OpenApi.annotations({
        summary: 'What is held of a thread, what is known to be missing, and what is being done about it'
      })
    ),
    HttpApiEndpoint.get('accountCoverage', '/accounts/:accountId/coverage', {
      params: accountPath,
      success: Schema.Struct({ threads: CoverageSummary, messages: Schema.Finite }),
      error: [NotFound, StoreUnavailable]
    }).annotateMerge(
      OpenApi.annotations({ summary: 'How many threads are complete, partial, unknown; messages held' })
    ),
    HttpApiEndpoint.post('backfill', '/accounts/:accountId/backfill', {
      params: accountPath,
      payload: Schema.Struct({
        threadId: Schema.optionalKey(ThreadId),
        /** Threads, the most recently active first. */
        threads: Schema.optionalKey(
          whole(100_000, 'Expected a whole number from 1 to 100000').check(
            Schema.isGreaterThan(0, { message: 'Expected a whole number from 1 to 100000' })
          )
        ),
        /** Messages of each thread; 0 is all, to the beginning. */
        count: Schema.optionalKey(
          whole(1_000_000, 'Expected a whole number from 0 to 1000000; 0 is everything')
        ),
        /** Nothing older than this. */
        until: Schema.optionalKey(whole(8_640_000_000_000_000, 'Expected a time in milliseconds since 1970'))
      }),
      success: BackfillJob.pipe(HttpApiSchema.status(202)),
      error: [NotFound, WrongState, BadField, StoreUnavailable]
    }).annotateMerge(
      OpenApi.annotations({
        summary: 'Fetch from the phone what is missing: gaps, and older messages',
        description:
          'Without threadId the most recently active threads are completed. What is not given is as WHATSAPP_BACKFILL_COUNT and WHATSAPP_BACKFILL_THREADS say. The job goes on after a restart and waits for a phone that does not answer.'
      })
    ),
    HttpApiEndpoint.get('backfillJobs', '/accounts/:accountId/backfill', {
      params: accountPath,
      query: { limit: limit(200), cursor: Schema.optionalKey(CursorText) },
      success: Schema.Struct({ jobs: Schema.Array(BackfillJob), nextCursor: Schema.NullOr(Schema.String) }),
      error: [NotFound, BadField, StoreUnavailable]
    }).annotateMerge(
      OpenApi.annotations({ summary: 'Backfill jobs, newest first; kept for a week after their end' })
    ),
    HttpApiEndpoint.get('backfillJob', '/accounts/:accountId/backfill/:jobId', {
      params: jobPath,
      success: Schema.Struct({ ...BackfillJob.fields, tasks: Schema.Array(BackfillTask) }),
      error: [NotFound, StoreUnavailable]
    }).annotateMerge(
      OpenApi.annotations({
        summary: 'One job with what became of each thread; of more than 1000 parts the first ones'
      })
    ),
    HttpApiEndpoint.delete('cancelBackfill', '/accounts/:accountId/backfill/:jobId', {
      params: jobPath,
      success: BackfillJob,
      error: [NotFound, StoreUnavailable]
    }).annotateMerge(
      OpenApi.annotations({
        summary: 'End a job; what the phone was asked for already is stored when it comes'
      })
    ),
    HttpApiEndpoint.get('dryRun', '/accounts/:accountId/dry-run', {
      params: accountPath,
      query: { limit: limit(200), cursor: Schema.optionalKey(CursorText) },
      success: Schema.Struct({
        /** Whether the server runs with WHATSAPP_HISTORY_SYNC_DRY_RUN. */
        enabled: Schema.Boolean,
        totals: Schema.Struct({ threads: Schema.Finite, messages: Schema.Finite }),
        threads: Schema.Array(CountedThread),
        nextCursor: Schema.NullOr(Schema.String)
      }),
      error: [NotFound, BadField, StoreUnavailable]
    }).annotateMerge(OpenApi.annotations({ summary: 'What a dry run would have stored, thread by thread' }))
  )
  .middleware(Authorization)
  .prefix('/v1') {}
