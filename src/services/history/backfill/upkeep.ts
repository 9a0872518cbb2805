// Removes backfill jobs that ended a week ago, with their parts and requests.
import { Clock, Effect } from 'effect'
import { hourly } from '../../process/hourly.ts'
import { BackfillJobs } from './jobs.ts'

const JOBS_KEPT_MS = 7 * 24 * 60 * 60 * 1000

export const tidy = Effect.gen(function* () {
  const now = yield* Clock.currentTimeMillis
  yield* BackfillJobs.use(jobs => jobs.prune(now - JOBS_KEPT_MS))
}).pipe(Effect.catch(error => Effect.logWarning('Old backfill jobs could not be removed', error)))

export const layer = hourly(tidy)
