// Whether Firestore accepts documents at present, and the incidents about times when it does not.
import { Clock, Effect } from 'effect'
import type { PublishingStatus } from '../../../domain/publishing.ts'
import type { Incidents } from '../../incidents/incidents.ts'
import { accessRefused, UNREACHABLE } from './incident-reports.ts'
import type { DocumentOutcome } from './queue.ts'
import type { Write } from './writing.ts'

type Report = Incidents['Service']['report']

const FIRST_PAUSE_MS = 500
const LONGEST_PAUSE_MS = 10_000
/** After so long without progress an incident is reported. */
const UNREACHABLE_MS = 60_000
const CHECK_MS = 5000

export interface Availability {
  /** Why nothing is written, and since when (milliseconds since 1970). */
  trouble: NonNullable<PublishingStatus['trouble']> | undefined
  /** Rounds in a row in which nothing could be written. */
  failures: number
  /** Whether an incident about the present trouble was reported. */
  isReported: boolean
  /** Milliseconds since 1970. */
  lastProgress: number
}

export const available = (now: number): Availability => ({
  trouble: undefined,
  failures: 0,
  isReported: false,
  lastProgress: now
})

export const isFailing = ({ failures, trouble }: Availability): boolean =>
  trouble !== undefined || failures > 0

/** How long to wait after failed rounds, in milliseconds. */
export const pauseAfter = (failures: number): number =>
  Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(failures, 7))

const reportOnce = (state: Availability, report: Effect.Effect<void>): Effect.Effect<void> =>
  Effect.suspend(() => {
    if (state.isReported) return Effect.void
    state.isReported = true
    return report
  })

const recordFailure = Effect.fnUntraced(function* (
  state: Availability,
  report: Report,
  outcomes: Iterable<DocumentOutcome>
) {
  state.failures += 1
  for (const outcome of outcomes) {
    if (outcome.is !== 'no access') continue
    state.trouble ??= { reason: outcome.reason, since: yield* Clock.currentTimeMillis }
    return yield* reportOnce(state, report(accessRefused('write', outcome.reason)))
  }
})

/** Firestore accepts documents again, or nothing is left that it could refuse. */
export const recordRecovery = Effect.fnUntraced(function* (state: Availability) {
  if (state.isReported) yield* Effect.logInfo('Firestore accepts documents again')
  Object.assign(state, { trouble: undefined, failures: 0, isReported: false })
})

export const recordProgress = (state: Availability) =>
  Effect.map(Clock.currentTimeMillis, now => {
    state.lastProgress = now
  })

/** Outcomes that only a Firestore that answers can give. */
const REACHED: ReadonlySet<DocumentOutcome['is'] | undefined> = new Set(['written', 'deleted', 'refused'])

/** Records what the outcomes of a round say about Firestore; returns whether it has accepted or refused a document. */
export const recordRound = Effect.fnUntraced(function* (
  state: Availability,
  report: Report,
  outcomes: ReadonlyMap<string, DocumentOutcome>,
  writes: ReadonlyArray<Write>
) {
  const isReached = writes.some(({ path }) => REACHED.has(outcomes.get(path)?.is))
  if (writes.length > 0 && !isReached) yield* recordFailure(state, report, outcomes.values())
  else yield* recordProgress(state)
  return isReached
})

const check = Effect.fnUntraced(function* (state: Availability, report: Report) {
  const now = yield* Clock.currentTimeMillis
  if (now - state.lastProgress < UNREACHABLE_MS) return
  state.trouble ??= { reason: 'Firestore accepts nothing', since: state.lastProgress }
  yield* reportOnce(state, report(UNREACHABLE))
})

/** Never ends. Notices a Firestore that cannot be reached: the client waits for it without reporting an error. */
export const watchProgress = (state: Availability, report: Report): Effect.Effect<never> =>
  check(state, report).pipe(Effect.andThen(Effect.sleep(CHECK_MS)), Effect.forever)
