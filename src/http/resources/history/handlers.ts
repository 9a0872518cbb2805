// How complete the history is, and how to get the rest: coverage, backfill jobs, the dry run's report.
import { Effect } from 'effect'
import { HttpApiBuilder } from 'effect/http-api'
import type { Accounts } from '../../../services/accounts.ts'
import type { ThreadStore } from '../../../services/conversations/thread-store.ts'
import type { Backfill } from '../../../services/history/backfill/backfill.ts'
import type { Coverage } from '../../../services/history/coverage/coverage.ts'
import type { DryRun } from '../../../services/history/dry-run/dry-run.ts'
import { Api } from '../../api.ts'
import { cancelBackfill, listBackfillJobs, readBackfillJob, startBackfill } from './backfill.ts'
import { accountCoverage, threadCoverage, threadsCoverage } from './coverage.ts'
import { dryRunReport } from './dry-run.ts'

export const historyLayer = (options: { readonly dryRun: boolean }) =>
  HttpApiBuilder.group(
    Api,
    'history',
    Effect.fn(function* (handlers) {
      const services = yield* Effect.context<Accounts | Backfill | Coverage | DryRun | ThreadStore>()
      const provide = Effect.provideContext(services)
      return handlers.handleAll({
        coverage: ({ params }) => provide(threadCoverage(params.threadId)),
        accountCoverage: ({ params }) => provide(accountCoverage(params.accountId)),
        threadsCoverage: ({ params, query }) => provide(threadsCoverage(params.accountId, query)),
        backfill: ({ params, payload = {} }) =>
          provide(startBackfill(options.dryRun, params.accountId, payload)),
        backfillJobs: ({ params, query }) => provide(listBackfillJobs(params.accountId, query)),
        backfillJob: ({ params }) => provide(readBackfillJob(params.accountId, params.jobId)),
        cancelBackfill: ({ params }) => provide(cancelBackfill(params.accountId, params.jobId)),
        dryRun: ({ params, query }) => provide(dryRunReport(options.dryRun, params.accountId, query))
      })
    })
  )
