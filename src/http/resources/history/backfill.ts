// Backfill jobs: start, list, look up, cancel.
import { Clock, Effect } from 'effect'
import type { BackfillJob } from '../../../domain/backfill.ts'
import { decodePlace } from '../../../domain/page.ts'
import type { AccountView } from '../../../services/accounts.ts'
import { ThreadStore } from '../../../services/conversations/thread-store.ts'
import { Backfill } from '../../../services/history/backfill/backfill.ts'
import { DryRun } from '../../../services/history/dry-run/dry-run.ts'
import { auditMade } from '../../auth/auditing.ts'
import { findAccount } from '../../lookup.ts'
import { decodeCursorField, pageOf } from '../../paging.ts'
import { badField, NotFound, orDatabaseUnavailable, databaseFailed, WrongState } from '../../problems.ts'
import type { BackfillRequest, PageQuery } from './contract.ts'

const PAGE = 50
/** Tasks of a job that a response lists. */
const MOST_TASKS = 1000

/** What a running job of the account waits for; `null` when it waits for nothing. */
const waitingFor = Effect.fnUntraced(function* ({ phoneSilentUntil, tags }: AccountView) {
  const now = yield* Clock.currentTimeMillis
  if (!tags.includes('online')) return 'the account to be online'
  if (phoneSilentUntil === null) return null
  return phoneSilentUntil <= now
    ? 'the phone, which has been asked again'
    : `the phone, which does not answer; it is asked again at ${new Date(phoneSilentUntil).toISOString()}`
})

const withWaiting = (job: BackfillJob, waiting: string | null): BackfillJob =>
  job.status === 'running' ? { ...job, waitingFor: waiting } : job

const findJob = Effect.fnUntraced(function* (accountId: string, jobId: string) {
  const backfill = yield* Backfill
  const account = yield* findAccount(accountId)
  const job = yield* orDatabaseUnavailable(backfill.read(accountId, jobId))
  if (job === undefined) return yield* new NotFound({ detail: `There is no backfill job ${jobId}` })
  return withWaiting(job, yield* waitingFor(account))
})

const checkLinked = ({ isLinked, record, state, tags }: AccountView): Effect.Effect<void, WrongState> =>
  isLinked && !tags.includes('ended')
    ? Effect.void
    : Effect.fail(
        new WrongState({
          state,
          detail: `"backfill" is not possible while the account is "${state}": no phone is linked. Link one with POST /v1/accounts/${record.accountId}/pair`
        })
      )

/** The current id of the thread, if it belongs to the account. In a dry run no thread is stored: its report knows it. */
const threadIn = Effect.fnUntraced(function* (isDryRun: boolean, accountId: string, threadId: string) {
  const threads = yield* ThreadStore
  const dryRun = yield* DryRun
  const thread = yield* orDatabaseUnavailable(threads.read(threadId))
  if (thread !== undefined && thread.accountId === accountId) return thread.threadId
  const { floor } = yield* orDatabaseUnavailable(dryRun.reachOf(threadId))
  if (isDryRun && floor !== undefined && threadId.startsWith(`${accountId}__`)) return threadId
  return yield* badField('payload', 'threadId', 'Expected a thread of this account')
})

export const startBackfill = Effect.fnUntraced(function* (
  isDryRun: boolean,
  accountId: string,
  payload: BackfillRequest
) {
  const backfill = yield* Backfill
  const account = yield* findAccount(accountId)
  yield* checkLinked(account)
  if (payload.threadId !== undefined && payload.threads !== undefined) {
    return yield* badField('payload', 'threads', 'Give either threadId or threads, not both')
  }
  const threadId =
    payload.threadId === undefined ? undefined : yield* threadIn(isDryRun, accountId, payload.threadId)
  const job = yield* backfill.accept(accountId, { ...payload, threadId }).pipe(
    Effect.catchTags({
      ...databaseFailed,
      NoThreads: () =>
        Effect.fail(
          badField('payload', 'threads', 'Expected threads or threadId: WHATSAPP_BACKFILL_THREADS is 0')
        )
    })
  )
  yield* auditMade('jobId', job.jobId)
  return { ...job, waitingFor: yield* waitingFor(account) }
})

export const listBackfillJobs = Effect.fnUntraced(function* (accountId: string, query: PageQuery) {
  const backfill = yield* Backfill
  const account = yield* findAccount(accountId)
  const before = yield* decodeCursorField('cursor', query.cursor, decodePlace)
  const limit = query.limit ?? PAGE
  const found = yield* orDatabaseUnavailable(backfill.list(accountId, { limit: limit + 1, before }))
  const page = pageOf(found, limit, last => ({ time: last.createdAt, id: last.jobId }))
  const waiting = yield* waitingFor(account)
  return { jobs: page.items.map(job => withWaiting(job, waiting)), nextCursor: page.nextCursor }
})

export const readBackfillJob = Effect.fnUntraced(function* (accountId: string, jobId: string) {
  const backfill = yield* Backfill
  const job = yield* findJob(accountId, jobId)
  return { ...job, tasks: yield* orDatabaseUnavailable(backfill.tasks(jobId, MOST_TASKS)) }
})

export const cancelBackfill = Effect.fnUntraced(function* (accountId: string, jobId: string) {
  const backfill = yield* Backfill
  yield* findJob(accountId, jobId)
  yield* orDatabaseUnavailable(backfill.cancel(accountId, jobId))
  return yield* findJob(accountId, jobId)
})
