// Brings documents to Firestore: each once per real change, at most once a second, news before history. What waits is
// written down, so that neither a crash nor an hour without Firestore loses any of it.
import { Clock, Context, Effect, Layer } from 'effect'
import type { SqlClient } from 'effect/sql'
import { digestOf as digestOfText } from '../../../domain/ids.ts'
import type { PublishingStatus } from '../../../domain/publishing.ts'
import { Incidents, type News } from '../../incidents/incidents.ts'
import { countFirestore } from '../../telemetry/metrics.ts'
import type { SqlBulk } from '../../database/bulk.ts'
import { asDatabaseError, DatabaseError } from '../../database/error.ts'
import { makeComposer } from './compose.ts'
import { FirestoreDatabase } from './database.ts'
import { digestOf } from './document.ts'
import { accessRefused } from './errors.ts'
import { placeOf } from './paths.ts'
import { makeQueue, type Noted, type Verdict } from './queue.ts'
import { makeWriter, type Task } from './writing.ts'

export interface PublisherOptions {
  /** Begin with 500 writes a second and rise by half every five minutes, as Google asks of new collections. */
  readonly rampUp: boolean
}

export class Publisher extends Context.Service<
  Publisher,
  {
    readonly status: Effect.Effect<PublishingStatus, DatabaseError>
    /** Writes what is due, up to some hundred documents; answers how many it looked at. */
    readonly runOnce: Effect.Effect<number, DatabaseError>
    /** Never ends. */
    readonly loop: Effect.Effect<never>
  }
>()('backscroll/services/firestore/Publisher') {
  static layer(
    options: PublisherOptions
  ): Layer.Layer<Publisher, never, FirestoreDatabase | SqlClient.SqlClient | SqlBulk | Incidents> {
    return Layer.effect(Publisher, makePublisher(options))
  }
}

/** Documents that are looked at together. */
export const ROUND = 500
/** In trouble one document shows whether it is over. */
const PROBE = 1
const IDLE_MS = 100
const FIRST_PAUSE_MS = 500
const LONGEST_PAUSE_MS = 10_000
/** After so long without any progress a person is told. */
const UNREACHABLE_MS = 60_000
const LOOK_MS = 5000

const pauseAfter = (failures: number): number =>
  Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(failures, 7))

const isEqual = (a: Uint8Array, b: Uint8Array | null): boolean => b !== null && Buffer.compare(a, b) === 0

/** Neither taken nor ever to be taken as it is. */
const refusal = (path: string, is: 'refused' | 'unreadable', reason: string): News => {
  const place = placeOf(path)
  const threadId =
    place?.collection === 'messages' ? place.threadId : place?.collection === 'threads' ? place.id : undefined
  const what =
    place?.collection === 'messages'
      ? 'a message'
      : `a document of ${place?.collection ?? 'an unknown place'}`
  return {
    accountId: threadId?.slice(0, threadId.indexOf('__')) ?? null,
    kind: 'firestore.refused',
    severity: 'error',
    subject: digestOfText(path),
    ...(threadId === undefined ? {} : { threadId }),
    ...(place?.collection === 'messages' ? { messageId: place.messageId } : {}),
    happened:
      is === 'refused'
        ? `Firestore does not take ${what} (${reason})`
        : `This version cannot read ${what} (${reason})`,
    did: 'In Firestore it stays as it was until it changes here, or the server starts anew; the others go on',
    advice: 'Report it with the version of this server'
  }
}

const UNREACHABLE: News = {
  accountId: null,
  kind: 'firestore.unreachable',
  severity: 'error',
  subject: 'reach',
  happened: 'Firestore has taken nothing for a minute',
  did: 'WhatsApp goes on; what applications are to see waits in this server’s own database and is written once Firestore answers',
  advice: 'Check the network, and status.cloud.google.com'
}

const makePublisher = ({ rampUp }: PublisherOptions) =>
  Effect.gen(function* () {
    const incidents = yield* Incidents
    const queue = yield* makeQueue
    const { compose } = yield* makeComposer
    const writer = makeWriter(yield* FirestoreDatabase, rampUp)

    let trouble: { readonly reason: string; readonly since: number } | undefined
    /** Rounds in a row in which nothing could be written. */
    let failures = 0
    let isTold = false
    let lastProgress = yield* Clock.currentTimeMillis

    /** What is to be done with each: nothing, because of what is known; or a write. */
    const judge = Effect.fnUntraced(function* (noted: ReadonlyArray<Noted>) {
      const { documents, unreadable } = yield* compose(noted.map(({ path }) => path))
      const verdicts = new Map<string, Verdict>()
      const digests = new Map<string, Uint8Array>()
      const tasks: Array<Task> = []
      for (const { digest, isForced, isMaybeThere, path } of noted) {
        const reason = unreadable.get(path)
        const fields = documents.get(path)
        if (reason !== undefined) verdicts.set(path, { is: 'unreadable', reason })
        else if (fields === undefined) {
          if (isMaybeThere) tasks.push({ path, fields })
          else verdicts.set(path, { is: 'never there' })
        } else {
          const now = digestOf(path, fields)
          digests.set(path, now)
          if (!isForced && isEqual(now, digest)) verdicts.set(path, { is: 'same' })
          else tasks.push({ path, fields })
        }
      }
      return { verdicts, digests, tasks }
    })

    const tell = Effect.fnUntraced(function* (verdicts: ReadonlyMap<string, Verdict>) {
      for (const [path, verdict] of verdicts) {
        if (verdict.is !== 'refused' && verdict.is !== 'unreadable') continue
        // An incident that is refused would be news of itself for ever.
        if (!path.startsWith('incidents/')) yield* incidents.report(refusal(path, verdict.is, verdict.reason))
      }
    })

    const isOver = Effect.fnUntraced(function* () {
      if (isTold) yield* Effect.logInfo('Firestore takes documents again')
      if (failures > 0) yield* queue.hurry
      isTold = false
      trouble = undefined
      failures = 0
    })

    const failed = Effect.fnUntraced(function* (verdicts: ReadonlyMap<string, Verdict>) {
      const now = yield* Clock.currentTimeMillis
      failures += 1
      for (const verdict of verdicts.values()) {
        if (verdict.is !== 'no access') continue
        trouble ??= { reason: verdict.reason, since: now }
        if (isTold) return
        isTold = true
        yield* incidents.report(accessRefused('write', verdict.reason))
        return
      }
    })

    /** Whether Firestore takes documents, by what became of those that were written. */
    const conclude = Effect.fnUntraced(function* (
      verdicts: ReadonlyMap<string, Verdict>,
      tasks: ReadonlyArray<Task>
    ) {
      const hasWritten = tasks.some(({ path }) => {
        const is = verdicts.get(path)?.is
        return is === 'written' || is === 'deleted' || is === 'refused'
      })
      if (tasks.length > 0 && !hasWritten) return yield* failed(verdicts)
      lastProgress = yield* Clock.currentTimeMillis
      if (hasWritten) yield* isOver()
    })

    const round = Effect.gen(function* () {
      const isFailing = trouble !== undefined || failures > 0
      const until = isFailing ? Number.MAX_SAFE_INTEGER : yield* Clock.currentTimeMillis
      const noted = yield* queue.due(ROUND, until)
      if (noted.length === 0) {
        lastProgress = yield* Clock.currentTimeMillis
        // Nothing is left that could be in trouble.
        if (isFailing) yield* isOver()
        return 0
      }
      const { digests, tasks: all, verdicts } = yield* judge(noted)
      const tasks = isFailing ? all.slice(0, PROBE) : all
      if (tasks.length > 0) yield* queue.noteAttempt(tasks.map(({ path }) => path))
      const written = yield* Effect.promise(() => writer.write(tasks))
      for (const [path, outcome] of written) verdicts.set(path, outcome)
      yield* queue.record(noted, verdicts, digests)
      yield* countFirestore([...written.values()].map(({ is }) => is))
      yield* tell(verdicts)
      yield* conclude(verdicts, tasks)
      return noted.length
    })

    const runOnce = Effect.mapError(
      round,
      cause => new DatabaseError({ operation: 'writing to Firestore', cause })
    )

    /** A round that fails by a fault is one that failed: the next may do. */
    const loop: Effect.Effect<never> = Effect.andThen(
      queue.retryRefused.pipe(
        Effect.catch(error =>
          Effect.logWarning('What Firestore has refused is not tried again at this start', error)
        )
      ),
      runOnce.pipe(
        Effect.catchCause(cause =>
          Effect.sync(() => (failures += 1)).pipe(
            Effect.andThen(Effect.logWarning('A round of documents for Firestore failed', cause)),
            Effect.as(1)
          )
        ),
        Effect.flatMap(looked => {
          if (failures > 0) return Effect.sleep(pauseAfter(failures))
          return looked === 0 ? Effect.sleep(IDLE_MS) : Effect.yieldNow
        }),
        Effect.forever
      )
    )

    /** A client that cannot reach Google waits without a word. */
    const look = Effect.gen(function* () {
      const now = yield* Clock.currentTimeMillis
      if (now - lastProgress < UNREACHABLE_MS) return
      trouble ??= { reason: 'Firestore takes nothing', since: lastProgress }
      if (isTold) return
      isTold = true
      yield* incidents.report(UNREACHABLE)
    }).pipe(Effect.andThen(Effect.sleep(LOOK_MS)), Effect.forever)

    const status = Effect.map(queue.counts, counts => ({ ...counts, trouble: trouble ?? null })).pipe(
      asDatabaseError('counting what waits')
    )

    return Publisher.of({
      status,
      runOnce,
      loop: Effect.andThen(Effect.forkChild(look), loop)
    })
  })
