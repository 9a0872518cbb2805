// How complete the history is, and getting the rest: coverage, backfill jobs, the report of a dry run.
import { Clock, Effect } from 'effect'
import { HttpApiBuilder } from 'effect/http-api'
import { decodePlace, encodeCursor } from '../domain/page.ts'
import { Accounts, type AccountView } from '../services/accounts.ts'
import { Backfill } from '../services/history/backfill/backfill.ts'
import { Coverage } from '../services/history/coverage/coverage.ts'
import { DryRun } from '../services/history/dry-run/dry-run.ts'
import { Store } from '../services/conversations/store.ts'
import { Api } from './api.ts'
import { findAccount } from './find-account.ts'
import { cursorIn } from './fields.ts'
import { badField, NotFound, StoreUnavailable, WrongState } from './problems.ts'

const PAGE = 50
/** Parts of a job that are told one by one. */
const MOST_PARTS = 1000

export const historyLayer = (options: { readonly dryRun: boolean }) =>
  HttpApiBuilder.group(
    Api,
    'history',
    Effect.fn(function* (handlers) {
      const accounts = yield* Accounts
      const backfill = yield* Backfill
      const coverage = yield* Coverage
      const dryRuns = yield* DryRun
      const store = yield* Store
      const unavailable = Effect.mapError(() => new StoreUnavailable({}))
      const find = (accountId: string) => findAccount(accounts, accountId)

      const noThread = (threadId: string) => new NotFound({ detail: `There is no thread ${threadId}` })

      const coverageOf = Effect.fnUntraced(function* (threadId: string) {
        const found = yield* coverage.read(threadId).pipe(unavailable)
        return found ?? (yield* noThread(threadId))
      })

      const isLinked = ({ record, tags }: AccountView): boolean =>
        record.jid !== null && !tags.includes('ended')

      /** What holds up a job that runs. */
      const waitingFor = Effect.fnUntraced(function* ({ record, tags }: AccountView) {
        const now = yield* Clock.currentTimeMillis
        if (!tags.includes('online')) return 'the account to be online'
        const until = backfill.silentUntil(record.accountId)
        return until === null
          ? null
          : until <= now
            ? 'the phone, which has been asked again'
            : `the phone, which does not answer; it is asked again at ${new Date(until).toISOString()}`
      })

      const jobOf = Effect.fnUntraced(function* (accountId: string, jobId: string) {
        const view = yield* find(accountId)
        const job = yield* backfill.read(accountId, jobId).pipe(unavailable)
        if (job === undefined) return yield* new NotFound({ detail: `There is no backfill job ${jobId}` })
        return job.status === 'running' ? { ...job, waitingFor: yield* waitingFor(view) } : job
      })

      /** The thread's present id, when it is one of this account. */
      const threadIn = Effect.fnUntraced(function* (accountId: string, threadId: string) {
        const thread = yield* store.readThread(threadId).pipe(unavailable)
        if (thread !== undefined && thread.accountId === accountId) return thread.threadId
        // In a dry run no thread is stored: it is known from the report.
        const { floor } = yield* dryRuns.reachOf(threadId).pipe(unavailable)
        if (options.dryRun && floor !== undefined && threadId.startsWith(`${accountId}__`)) return threadId
        return yield* badField('payload', 'threadId', 'Expected a thread of this account')
      })

      return handlers.handleAll({
        coverage: ({ params }) => coverageOf(params.threadId),
        accountCoverage: Effect.fn(function* ({ params }) {
          yield* find(params.accountId)
          const [threads, counts] = yield* Effect.all([
            coverage.summary(params.accountId),
            store.counts(params.accountId)
          ]).pipe(unavailable)
          return { threads, messages: counts.messages }
        }),
        backfill: Effect.fn(function* ({ params: { accountId }, payload }) {
          const view = yield* find(accountId)
          if (!isLinked(view)) {
            return yield* new WrongState({
              state: view.state,
              detail: `"backfill" is not possible while the account is "${view.state}": no phone is linked that could be asked. Link it with POST /v1/accounts/${accountId}/pair`
            })
          }
          if (payload.threadId !== undefined && payload.threads !== undefined) {
            return yield* badField('payload', 'threads', 'Give either threadId or threads, not both')
          }
          const threadId =
            payload.threadId === undefined ? undefined : yield* threadIn(accountId, payload.threadId)
          const job = yield* backfill.accept(accountId, { ...payload, threadId }).pipe(
            Effect.catchTags({
              NoThreads: () =>
                Effect.fail(
                  badField(
                    'payload',
                    'threads',
                    'Expected threads or threadId: WHATSAPP_BACKFILL_THREADS is 0 here'
                  )
                ),
              DatabaseError: () => Effect.fail(new StoreUnavailable({}))
            })
          )
          return { ...job, waitingFor: yield* waitingFor(view) }
        }),
        backfillJobs: Effect.fn(function* ({ params: { accountId }, query }) {
          const view = yield* find(accountId)
          const before = yield* cursorIn('cursor', query.cursor, decodePlace)
          const limit = query.limit ?? PAGE
          const found = yield* backfill.list(accountId, { limit: limit + 1, before }).pipe(unavailable)
          const jobs = found.slice(0, limit)
          const last = jobs.at(-1)
          const waiting = yield* waitingFor(view)
          return {
            jobs: jobs.map(job => (job.status === 'running' ? { ...job, waitingFor: waiting } : job)),
            nextCursor:
              found.length > limit && last !== undefined
                ? encodeCursor({ time: last.createdAt, id: last.jobId })
                : null
          }
        }),
        backfillJob: Effect.fn(function* ({ params: { accountId, jobId } }) {
          const job = yield* jobOf(accountId, jobId)
          return { ...job, tasks: yield* backfill.tasks(jobId, MOST_PARTS).pipe(unavailable) }
        }),
        cancelBackfill: Effect.fn(function* ({ params: { accountId, jobId } }) {
          yield* jobOf(accountId, jobId)
          yield* backfill.cancel(accountId, jobId).pipe(unavailable)
          return yield* jobOf(accountId, jobId)
        }),
        dryRun: Effect.fn(function* ({ params: { accountId }, query }) {
          yield* find(accountId)
          const before = yield* cursorIn('cursor', query.cursor, decodePlace)
          const limit = query.limit ?? PAGE
          const [found, totals] = yield* Effect.all([
            dryRuns.report(accountId, { limit: limit + 1, before }),
            dryRuns.totals(accountId)
          ]).pipe(unavailable)
          const threads = found.slice(0, limit)
          const last = threads.at(-1)
          return {
            enabled: options.dryRun,
            totals,
            threads,
            nextCursor:
              found.length > limit && last !== undefined
                ? encodeCursor({ time: last.newest ?? 0, id: last.threadId })
                : null
          }
        })
      })
    })
  )
