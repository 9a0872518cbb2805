// Publishes documents to Firestore: each once per real change, at most once a second, live changes before history. The
// queue is in the database, so that neither a crash nor an hour without Firestore loses a change.
import { Clock, Context, Effect, Layer } from 'effect'
import { SqlClient } from 'effect/sql'
import type { PublishingStatus } from '../../../domain/publishing.ts'
import { SqlBulk } from '../../database/bulk.ts'
import { asDatabaseError, type DatabaseError } from '../../database/error.ts'
import { Incidents } from '../../incidents/incidents.ts'
import { countFirestore } from '../../telemetry/metrics.ts'
import {
  type Availability,
  available,
  isFailing,
  pauseAfter,
  recordProgress,
  recordRecovery,
  recordRound,
  watchProgress
} from './availability.ts'
import { composeDocuments } from './compose.ts'
import { FirestoreDatabase } from './database.ts'
import { documentRefused } from './incident-reports.ts'
import {
  countPending,
  type DocumentOutcome,
  dueDocuments,
  recordAttempt,
  recordOutcomes,
  retryNow,
  retryRefused
} from './queue.ts'
import { planRound } from './round.ts'
import { makeWriter, type Writer } from './writing.ts'

export interface PublisherOptions {
  /** Begin with 500 writes a second and rise by half every five minutes, as Google asks for new collections. */
  readonly rampUp: boolean
}

export class Publisher extends Context.Service<
  Publisher,
  {
    readonly status: Effect.Effect<PublishingStatus, DatabaseError>
    /** Publishes what is due, at most `ROUND` documents; returns how many it looked at. */
    readonly runOnce: Effect.Effect<number, DatabaseError>
    /** Never ends. */
    readonly loop: Effect.Effect<never>
  }
>()('backscroll/services/firestore/Publisher') {
  static layer(
    options: PublisherOptions
  ): Layer.Layer<Publisher, never, FirestoreDatabase | SqlClient.SqlClient | SqlBulk | Incidents> {
    return Layer.effect(
      Publisher,
      Effect.gen(function* () {
        const { report } = yield* Incidents
        const publishing: Publishing = {
          sql: yield* SqlClient.SqlClient,
          bulk: yield* SqlBulk,
          writer: makeWriter(yield* FirestoreDatabase, options.rampUp),
          report,
          availability: available(yield* Clock.currentTimeMillis)
        }
        return Publisher.of({
          status: status(publishing),
          runOnce: runOnce(publishing),
          loop: Effect.andThen(
            Effect.forkChild(watchProgress(publishing.availability, report)),
            loop(publishing)
          )
        })
      })
    )
  }
}

/** Documents in one round. */
export const ROUND = 500
/** While Firestore fails, one document shows whether it works again. */
const PROBE = 1
const IDLE_MS = 100

interface Publishing {
  readonly sql: SqlClient.SqlClient
  readonly bulk: SqlBulk['Service']
  readonly writer: Writer
  readonly report: Incidents['Service']['report']
  readonly availability: Availability
}

const reportRefused = Effect.fnUntraced(function* (
  report: Publishing['report'],
  outcomes: ReadonlyMap<string, DocumentOutcome>
) {
  for (const [path, outcome] of outcomes) {
    if (outcome.is !== 'refused' && outcome.is !== 'unreadable') continue
    // The incident about a refused incident would be refused, too, forever.
    if (path.startsWith('incidents/')) continue
    yield* report(documentRefused(path, outcome.is, outcome.reason))
  }
})

/** Documents that wait for another attempt need not wait any longer. */
const recover = Effect.fnUntraced(function* ({ availability, sql }: Publishing) {
  if (availability.failures > 0) yield* retryNow(sql)
  yield* recordRecovery(availability)
})

const publishRound = Effect.fnUntraced(function* (publishing: Publishing) {
  const { availability, bulk, report, sql, writer } = publishing
  const wasFailing = isFailing(availability)
  const until = wasFailing ? Number.MAX_SAFE_INTEGER : yield* Clock.currentTimeMillis
  const pending = yield* dueDocuments(sql, ROUND, until)
  if (pending.length === 0) {
    yield* recordProgress(availability)
    // Nothing is left that Firestore could refuse.
    if (wasFailing) yield* recover(publishing)
    return 0
  }
  const composed = yield* composeDocuments(
    sql,
    pending.map(({ path }) => path)
  )
  const round = planRound(pending, composed)
  const writes = wasFailing ? round.writes.slice(0, PROBE) : round.writes
  if (writes.length > 0) {
    yield* recordAttempt(
      bulk,
      writes.map(({ path }) => path)
    )
  }
  const written = yield* Effect.promise(() => writer.write(writes))
  const outcomes = new Map<string, DocumentOutcome>([...round.outcomes, ...written])
  yield* recordOutcomes(sql, bulk, pending, outcomes, round.digests)
  yield* countFirestore([...written.values()].map(({ is }) => is))
  yield* reportRefused(report, outcomes)
  if (yield* recordRound(availability, report, outcomes, writes)) yield* recover(publishing)
  return pending.length
})

const runOnce = (publishing: Publishing): Publisher['Service']['runOnce'] =>
  asDatabaseError('publishing documents')(publishRound(publishing))

/** A round that fails by a fault counts as a failure and is repeated. */
const repeatedRound = (publishing: Publishing): Effect.Effect<number> =>
  runOnce(publishing).pipe(
    Effect.catchCause(cause =>
      Effect.sync(() => (publishing.availability.failures += 1)).pipe(
        Effect.andThen(Effect.logWarning('A round of documents for Firestore failed', cause)),
        Effect.as(1)
      )
    )
  )

const loop = (publishing: Publishing): Effect.Effect<never> =>
  Effect.andThen(
    retryRefused(publishing.sql).pipe(
      Effect.catch(error =>
        Effect.logWarning('Documents that Firestore has refused are not tried again at this start', error)
      )
    ),
    repeatedRound(publishing).pipe(
      Effect.flatMap(looked => {
        const { failures } = publishing.availability
        if (failures > 0) return Effect.sleep(pauseAfter(failures))
        return looked === 0 ? Effect.sleep(IDLE_MS) : Effect.yieldNow
      }),
      Effect.forever
    )
  )

const status = ({ availability, sql }: Publishing): Publisher['Service']['status'] =>
  Effect.map(countPending(sql), counts => ({ ...counts, trouble: availability.trouble ?? null })).pipe(
    asDatabaseError('counting what waits')
  )
