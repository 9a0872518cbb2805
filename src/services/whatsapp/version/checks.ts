// When WhatsApp's page is asked for the live version, and what is known of it. The version never becomes lower.
import { Clock, Deferred, Effect, Result, type Scope } from 'effect'
import { countVersionCheck, noteClientVersion } from '../../telemetry/metrics.ts'
import { liveVersion, type VersionUnknown } from './page.ts'
import { formatVersion, isNewer, type Version } from './version.ts'

/** How long after a check the page is asked again, milliseconds. */
const FRESH_MS = 24 * 60 * 60_000
const RETRY_MS = 15 * 60_000
/** How long a new connection waits for the page. */
const WAIT = '3 seconds'

export type Answer = Result.Result<Version, VersionUnknown>

/** What is known of the live version. */
export interface Known {
  version: Version
  /** The newest version that is stored as accepted, or the first one of this process. */
  working: Version
  /** When the page is to be asked again, milliseconds since 1970. */
  dueAt: number
  /** The check that runs now. */
  running: Deferred.Deferred<Answer> | undefined
}

export interface Checks {
  readonly known: Known
  readonly page: URL
  readonly scope: Scope.Scope
}

const check = Effect.fnUntraced(function* ({ known, page }: Checks, proxy: string | undefined) {
  const answer = yield* Effect.result(liveVersion(page, proxy))
  const now = yield* Clock.currentTimeMillis
  known.dueAt = now + (Result.isSuccess(answer) ? FRESH_MS : RETRY_MS)
  yield* countVersionCheck(Result.isSuccess(answer) ? 'found' : 'failed')
  if (Result.isFailure(answer)) {
    yield* Effect.logWarning('The live client version of WhatsApp is not known').pipe(
      Effect.annotateLogs({
        page: page.origin,
        reason: answer.failure.reason,
        using: formatVersion(known.version)
      })
    )
  } else if (isNewer(answer.success, known.version)) {
    known.version = answer.success
    yield* noteClientVersion(known.version[2])
    yield* Effect.logInfo('New client version of WhatsApp').pipe(
      Effect.annotateLogs({ version: formatVersion(known.version) })
    )
  }
  return answer
})

/** One check at a time; it runs on when nobody waits for it any more. */
const ask = (checks: Checks, proxy: string | undefined): Effect.Effect<Answer> =>
  Effect.suspend(() => {
    const { known, scope } = checks
    if (known.running !== undefined) return Deferred.await(known.running)
    const running = Deferred.makeUnsafe<Answer>()
    known.running = running
    const work = Effect.onExit(check(checks, proxy), exit =>
      Effect.sync(() => {
        known.running = undefined
        Deferred.doneUnsafe(running, exit)
      })
    )
    return Effect.andThen(Effect.forkIn(work, scope), Deferred.await(running))
  })

/** What is newer than a version that WhatsApp does not want any more; asks when nothing newer is known. */
export const askForNewer = Effect.fnUntraced(function* (
  checks: Checks,
  version: Version,
  proxy: string | undefined
) {
  const { known } = checks
  const answer = isNewer(known.version, version) ? Result.succeed(known.version) : yield* ask(checks, proxy)
  return { answer, newer: isNewer(known.version, version) ? known.version : undefined }
})

/** Asks when it is time to, and waits a moment for the answer. */
export const askWhenDue = Effect.fnUntraced(function* (checks: Checks, proxy: string | undefined) {
  if ((yield* Clock.currentTimeMillis) < checks.known.dueAt) return
  yield* Effect.timeoutOption(ask(checks, proxy), WAIT)
})

/** Timers cannot be longer than 24 days, and the clock may be set meanwhile. */
const LONGEST_SLEEP_MS = 60 * 60_000

/** Asks whenever it is time to. Never ends. */
export const keepAsking = (checks: Checks, proxy: string | undefined): Effect.Effect<void> =>
  Effect.gen(function* () {
    const left = checks.known.dueAt - (yield* Clock.currentTimeMillis)
    if (left > 0) yield* Effect.sleep(Math.min(left, LONGEST_SLEEP_MS))
    else yield* ask(checks, proxy)
  }).pipe(Effect.forever)
