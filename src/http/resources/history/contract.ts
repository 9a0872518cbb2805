// The HTTP contract of coverage, backfill and the dry run.
import { Schema } from 'effect'
import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema } from 'effect/http-api'
import { BackfillJob, BackfillTask } from '../../../domain/backfill.ts'
import { CoverageState, CoverageSummary, ThreadCoverage } from '../../../domain/coverage.ts'
import { CountedThread } from '../../../services/history/dry-run/dry-run.ts'
import { operates, reads } from '../../auth/access.ts'
import { Authorization } from '../../auth/authorization.ts'
import { accountPath, CursorText, Id, limit, optionalBody, ThreadId, threadPath } from '../../fields.ts'
import { operation } from '../../operation.ts'
import { BadField, NotFound, StoreUnavailable, WrongState } from '../../problems.ts'
import { Whole } from '../../../domain/whole.ts'

const jobPath = { ...accountPath, jobId: Id }

const pageQuery = { limit: limit(200), cursor: Schema.optionalKey(CursorText) }
export type PageQuery = Schema.Struct.Type<typeof pageQuery>

const coverageQuery = {
  limit: limit(100),
  cursor: Schema.optionalKey(ThreadId),
  state: Schema.optionalKey(CoverageState)
}
export type CoverageListQuery = Schema.Struct.Type<typeof coverageQuery>

const whole = (most: number, message: string) =>
  Schema.Finite.check(Schema.isInt({ message }), Schema.isBetween({ minimum: 0, maximum: most }, { message }))

const BackfillRequest = Schema.Struct({
  threadId: Schema.optionalKey(ThreadId),
  /** Number of threads, the most recently active first. */
  threads: Schema.optionalKey(
    whole(100_000, 'Expected a whole number from 1 to 100000').check(
      Schema.isGreaterThan(0, { message: 'Expected a whole number from 1 to 100000' })
    )
  ),
  /** Number of messages for each thread; 0 is all of them. */
  count: Schema.optionalKey(whole(1_000_000, 'Expected a whole number from 0 to 1000000; 0 is all messages')),
  /** Nothing older than this, in milliseconds since 1970. */
  until: Schema.optionalKey(whole(8_640_000_000_000_000, 'Expected a time in milliseconds since 1970'))
}).annotate({ identifier: 'BackfillRequest' })
export type BackfillRequest = typeof BackfillRequest.Type

export class HistoryGroup extends HttpApiGroup.make('history')
  .add(
    HttpApiEndpoint.get('coverage', '/threads/:threadId/coverage', {
      params: threadPath,
      success: ThreadCoverage,
      error: [NotFound, StoreUnavailable]
    }).annotateMerge(
      operation({
        access: reads('thread'),
        summary: 'Get the coverage of a thread',
        description: 'What is stored, which gaps are known, and what is being done about them.'
      })
    ),
    HttpApiEndpoint.get('accountCoverage', '/accounts/:accountId/coverage', {
      params: accountPath,
      success: Schema.Struct({ threads: CoverageSummary, messages: Whole }).annotate({
        identifier: 'AccountCoverage'
      }),
      error: [NotFound, StoreUnavailable]
    }).annotateMerge(
      operation({
        access: reads('path'),
        summary: 'Get the coverage of an account',
        description: 'How many threads are complete, partial or unknown, and how many messages are stored.'
      })
    ),
    HttpApiEndpoint.get('threadsCoverage', '/accounts/:accountId/coverage/threads', {
      params: accountPath,
      query: coverageQuery,
      success: Schema.Struct({
        threads: Schema.Array(ThreadCoverage),
        nextCursor: Schema.NullOr(Schema.String)
      }).annotate({ identifier: 'ThreadCoveragePage' }),
      error: [NotFound, StoreUnavailable]
    }).annotateMerge(
      operation({
        access: reads('path'),
        summary: 'List the coverage of threads',
        description:
          'What is held and what is missing in each thread, by thread id; `state=partial` lists those of which something is known to be missing. Chats whose history a phone does not give are left out.'
      })
    ),
    HttpApiEndpoint.post('backfill', '/accounts/:accountId/backfill', {
      params: accountPath,
      payload: optionalBody(BackfillRequest),
      success: BackfillJob.pipe(HttpApiSchema.status(202)),
      error: [NotFound, WrongState, BadField, StoreUnavailable]
    }).annotateMerge(
      operation({
        access: operates('path'),
        summary: 'Start a backfill job',
        description:
          'Fetches gaps and older messages from the phone. Without threadId, the most recently active threads are completed. The defaults are WHATSAPP_BACKFILL_COUNT and WHATSAPP_BACKFILL_THREADS. The job continues after a restart. It waits for a phone that does not answer, some hours at most, and its tasks say what is missing.'
      })
    ),
    HttpApiEndpoint.get('backfillJobs', '/accounts/:accountId/backfill', {
      params: accountPath,
      query: pageQuery,
      success: Schema.Struct({
        jobs: Schema.Array(BackfillJob),
        nextCursor: Schema.NullOr(Schema.String)
      }).annotate({ identifier: 'BackfillJobPage' }),
      error: [NotFound, BadField, StoreUnavailable]
    }).annotateMerge(
      operation({
        access: reads('path'),
        summary: 'List backfill jobs',
        description: 'Newest first. Jobs are kept for a week after they end.'
      })
    ),
    HttpApiEndpoint.get('backfillJob', '/accounts/:accountId/backfill/:jobId', {
      params: jobPath,
      success: Schema.Struct({ ...BackfillJob.fields, tasks: Schema.Array(BackfillTask) }).annotate({
        identifier: 'BackfillJobWithTasks'
      }),
      error: [NotFound, StoreUnavailable]
    }).annotateMerge(
      operation({
        access: reads('path'),
        summary: 'Get a backfill job',
        description: 'With the result for each thread; of more than 1000 tasks, the first 1000.'
      })
    ),
    HttpApiEndpoint.delete('cancelBackfill', '/accounts/:accountId/backfill/:jobId', {
      params: jobPath,
      success: BackfillJob,
      error: [NotFound, StoreUnavailable]
    }).annotateMerge(
      operation({
        access: operates('path'),
        summary: 'Cancel a backfill job',
        description: 'Messages that were already requested from the phone are stored when they arrive.'
      })
    ),
    HttpApiEndpoint.get('dryRun', '/accounts/:accountId/dry-run', {
      params: accountPath,
      query: pageQuery,
      success: Schema.Struct({
        /** Whether the server runs with WHATSAPP_HISTORY_SYNC_DRY_RUN. */
        enabled: Schema.Boolean,
        totals: Schema.Struct({ threads: Whole, messages: Whole }),
        threads: Schema.Array(CountedThread),
        nextCursor: Schema.NullOr(Schema.String)
      }).annotate({ identifier: 'DryRunReport' }),
      error: [NotFound, BadField, StoreUnavailable]
    }).annotateMerge(
      operation({
        access: reads('path'),
        summary: 'Get the dry run report',
        description: 'What a history sync would have stored, by thread.'
      })
    )
  )
  .middleware(Authorization)
  .prefix('/v1') {}
