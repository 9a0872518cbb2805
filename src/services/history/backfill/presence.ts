// When the account was online: an absence that WhatsApp's offline queue does not bridge leaves a gap in every thread.
import { Clock, Effect, Schedule } from 'effect'
import type { DatabaseError } from '../../database/error.ts'
import { AccountStore } from '../../conversations/account-store.ts'
import { Coverage } from '../coverage/coverage.ts'
import { BackfillJobs } from './jobs.ts'
import { createAutomaticJob } from './planning.ts'
import { BackfillSettings } from './settings.ts'

const RECORD_EVERY = '1 minute'
const RETRY = { schedule: Schedule.spaced('2 seconds') }
const DAY_MS = 24 * 60 * 60 * 1000

/** Before a connection: notes an absence that is too long, while what was held before it can still be told. */
export const noteAbsence = (accountId: string) => untilRecorded(noteLongAbsence(accountId))

/** Records, as long as it runs, that the account is online; at its begin it starts the automatic job. */
export const recordPresence = (accountId: string) =>
  untilRecorded(comeOnline(accountId)).pipe(
    Effect.andThen(
      Effect.forever(Effect.andThen(Effect.sleep(RECORD_EVERY), untilRecorded(recordOnline(accountId))))
    ),
    Effect.annotateLogs({ accountId })
  )

/** Retries while the database is away. */
const untilRecorded = <R>(work: Effect.Effect<void, DatabaseError, R>) =>
  work.pipe(
    Effect.tapError(error =>
      Effect.logWarning('What is missing cannot be noted while the database is away', error)
    ),
    Effect.retry(RETRY),
    Effect.orDie
  )

const noteLongAbsence = Effect.fnUntraced(function* (accountId: string) {
  const coverage = yield* Coverage
  const { offlineQueueMs } = yield* BackfillSettings
  const now = yield* Clock.currentTimeMillis
  const { linkedAt, onlineAt } = yield* timesOf(accountId)
  if (onlineAt === null || now - onlineAt <= offlineQueueMs) return
  // Linked again since: that is noted once the account is online, and covers the absence.
  if (linkedAt !== null && onlineAt < linkedAt) return
  yield* coverage.noteOutage(accountId, now)
  yield* recordOnline(accountId)
  yield* Effect.logInfo(
    'The account was away longer than WhatsApp keeps messages; what is missing is asked for'
  ).pipe(Effect.annotateLogs({ accountId, days: Math.round((now - onlineAt) / DAY_MS) }))
})

const comeOnline = Effect.fnUntraced(function* (accountId: string) {
  const coverage = yield* Coverage
  const jobs = yield* BackfillJobs
  const { linkedAt, onlineAt } = yield* timesOf(accountId)
  if (linkedAt !== null && onlineAt !== null && onlineAt < linkedAt)
    yield* coverage.noteLinked(accountId, linkedAt)
  yield* recordOnline(accountId)
  if ((yield* jobs.runningAutomatic(accountId)) === undefined) yield* createAutomaticJob(accountId)
  yield* jobs.wake(accountId)
})

/** When the account was linked, and when it was online last, milliseconds since 1970. */
const timesOf = Effect.fnUntraced(function* (accountId: string) {
  const accounts = yield* AccountStore
  const account = yield* accounts.read(accountId)
  return { linkedAt: account?.linkedAt ?? null, onlineAt: account?.onlineAt ?? null }
})

const recordOnline = Effect.fnUntraced(function* (accountId: string) {
  const accounts = yield* AccountStore
  yield* accounts.update(accountId, { onlineAt: yield* Clock.currentTimeMillis })
})
