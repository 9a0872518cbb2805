// How complete the history is, and how to get the rest: coverage, backfill jobs, the dry run's report.
import { HttpApiBuilder } from 'effect/http-api'
import { Api } from '../../api.ts'
import { cancelBackfill, listBackfillJobs, readBackfillJob, startBackfill } from './backfill.ts'
import { accountCoverage, threadCoverage, threadsCoverage } from './coverage.ts'
import { dryRunReport } from './dry-run.ts'

export const historyLayer = (options: { readonly dryRun: boolean }) =>
  HttpApiBuilder.group(Api, 'history', handlers =>
    handlers.handleAll({
      coverage: ({ params }) => threadCoverage(params.threadId),
      accountCoverage: ({ params }) => accountCoverage(params.accountId),
      threadsCoverage: ({ params, query }) => threadsCoverage(params.accountId, query),
      backfill: ({ params, payload = {} }) => startBackfill(options.dryRun, params.accountId, payload),
      backfillJobs: ({ params, query }) => listBackfillJobs(params.accountId, query),
      backfillJob: ({ params }) => readBackfillJob(params.accountId, params.jobId),
      cancelBackfill: ({ params }) => cancelBackfill(params.accountId, params.jobId),
      dryRun: ({ params, query }) => dryRunReport(options.dryRun, params.accountId, query)
    })
  )
