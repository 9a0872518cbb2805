// The outbox by Firestore document: what applications write into the collection `outbox` becomes entries of the outbox.
// A document that has `content` is a request that no server has claimed; a claim moves the content in the same write.
import { Cause, Context, Effect, Layer, Queue, Schedule, Stream } from 'effect'
import { SqlClient } from 'effect/sql'
import type { Firestore, Query, QueryDocumentSnapshot } from 'firebase-admin/firestore'
import { digestOf } from '../../../domain/ids.ts'
import { AccountStore } from '../../conversations/account-store.ts'
import type { DatabaseError } from '../../database/error.ts'
import { Incidents } from '../../incidents/incidents.ts'
import { Outbox } from '../../outbox/outbox.ts'
import { FirestoreError, reading } from '../error.ts'
import { FirestoreDatabase } from '../publish/database.ts'
import { accessRefused } from '../publish/incident-reports.ts'
import { outcomeOf } from '../publish/writing.ts'
import { type AccountLock, makeAccountLock } from './account-lock.ts'
import { type DocumentWrites, makeDocumentWrites } from './document-writes.ts'
import { readServerId } from './server-id.ts'
import { take } from './take.ts'

export interface OutboxDocumentsOptions {
  /** How often to look for documents that the listener missed, in milliseconds. */
  readonly sweepMs: number
}

const SERVICES = [FirestoreDatabase, SqlClient.SqlClient, AccountStore, Outbox, Incidents] as const
type Services = Context.Service.Identifier<(typeof SERVICES)[number]>

export class OutboxDocuments extends Context.Service<
  OutboxDocuments,
  {
    /** Takes what waits in Firestore now; answers how many documents it looked at. */
    readonly sweep: Effect.Effect<number, FirestoreError>
    /** Never ends: listens, and sweeps from time to time. */
    readonly loop: Effect.Effect<never>
  }
>()('backscroll/services/firestore/OutboxDocuments') {
  static layer(
    options: OutboxDocumentsOptions
  ): Layer.Layer<OutboxDocuments, DatabaseError | FirestoreError, Services> {
    return Layer.effect(OutboxDocuments, makeOutboxDocuments(options))
  }
}

const LISTEN_AGAIN_MS = 5000
const SWEEP_AGAIN_MS = 5000
/** Together about half a minute. */
const RETRIES = 7

type Documents = ReadonlyArray<QueryDocumentSnapshot>

/** Documents with a request, and those that this server claimed and has not answered. */
const queriesOf = (database: Firestore, serverId: string) => ({
  requests: database.collection('outbox').orderBy('content'),
  claimed: database.collection('outbox').where('claimedBy', '==', serverId).where('status', '==', 'claimed')
})

const handle = (withLock: AccountLock, writes: DocumentWrites, document: QueryDocumentSnapshot) => {
  const accountId: unknown = document.get('accountId')
  return withLock(
    // Documents that name no account wait for each other.
    typeof accountId === 'string' ? accountId : '',
    take(writes, document).pipe(
      // The lock is held meanwhile: what was written after it is sent after it.
      Effect.retry({ schedule: Schedule.exponential('250 millis'), times: RETRIES }),
      // It stays as it is and is found again.
      Effect.catchCause(cause => Effect.logWarning('A document of the outbox waits to be taken', cause)),
      Effect.annotateLogs({ document: digestOf(document.id) })
    )
  )
}

const byCreation = (documents: Documents) =>
  documents.toSorted((a, b) => a.createTime.valueOf().localeCompare(b.createTime.valueOf()))

/** Handles documents in the order of their creation, each version once; accounts do not wait for each other. */
const makeHandleAll = (withLock: AccountLock, writes: DocumentWrites) => {
  const inProgress = new Set<string>()
  const handleOnce = (document: QueryDocumentSnapshot) =>
    Effect.suspend(() => {
      const version = `${document.id} ${document.updateTime.valueOf()}`
      if (inProgress.has(version)) return Effect.void
      inProgress.add(version)
      return Effect.ensuring(
        handle(withLock, writes, document),
        Effect.sync(() => inProgress.delete(version))
      )
    })
  return (documents: Documents) =>
    Effect.forEach(byCreation(documents), handleOnce, { concurrency: 'unbounded', discard: true })
}

const changesOf = (requests: Query): Stream.Stream<Documents, FirestoreError> =>
  Stream.callback(queue =>
    Effect.acquireRelease(
      Effect.sync(() =>
        requests.onSnapshot(
          snapshot => {
            const documents = snapshot
              .docChanges()
              .flatMap(({ doc, type }) => (type === 'removed' ? [] : [doc]))
            if (documents.length > 0) Queue.offerUnsafe(queue, documents)
          },
          cause => {
            const error = new FirestoreError({ operation: 'listening to the outbox', cause })
            Queue.failCauseUnsafe(queue, Cause.fail(error))
          }
        )
      ),
      stop => Effect.sync(stop)
    )
  )

/** Reports once that Firestore cannot be read; again after it could be read in between. */
const makeAccessReport = (incidents: Incidents['Service']) => {
  let isReported = false
  return {
    refused: (error: FirestoreError) =>
      Effect.suspend(() => {
        const outcome = outcomeOf(error.cause)
        if (outcome.is !== 'no access' || isReported) return Effect.void
        isReported = true
        return incidents.report(accessRefused('read', outcome.reason))
      }),
    granted: Effect.sync(() => {
      isReported = false
    })
  }
}

const makeOutboxDocuments = Effect.fnUntraced(function* ({ sweepMs }: OutboxDocumentsOptions) {
  const database = yield* FirestoreDatabase
  const incidents = yield* Incidents
  const scope = yield* Effect.scope
  const serverId = yield* readServerId
  const { FieldValue } = yield* reading('loading the client', () => import('firebase-admin/firestore'))
  const { claimed, requests } = queriesOf(database, serverId)
  const services = Context.pick(...SERVICES)(yield* Effect.context<Services>())
  const handleDocuments = makeHandleAll(yield* makeAccountLock, makeDocumentWrites(FieldValue, serverId))
  const handleAll = (documents: Documents) => Effect.provideContext(handleDocuments(documents), services)
  const access = makeAccessReport(incidents)

  const find = Effect.gen(function* () {
    const unclaimed = yield* reading('looking for messages to be sent', () => requests.get())
    const unfinished = yield* reading('looking for messages to be sent', () => claimed.get())
    return [...unfinished.docs, ...unclaimed.docs]
  })

  /** Repeated until it succeeds: what a crash interrupted comes before what was written after it. */
  const sweepOnce: Effect.Effect<void> = Effect.matchEffect(find, {
    onSuccess: found => Effect.andThen(access.granted, Effect.asVoid(Effect.forkIn(handleAll(found), scope))),
    onFailure: error =>
      access
        .refused(error)
        .pipe(
          Effect.andThen(Effect.logDebug('The outbox in Firestore cannot be read', error)),
          Effect.andThen(Effect.sleep(Math.min(sweepMs, SWEEP_AGAIN_MS))),
          Effect.andThen(Effect.suspend(() => sweepOnce))
        )
  })

  // Handled in fibers of their own: later documents wait only for those of their account.
  const listen = Stream.runForEach(changesOf(requests), documents =>
    Effect.forkIn(handleAll(documents), scope)
  ).pipe(
    Effect.catch(error => Effect.logDebug('The outbox in Firestore cannot be listened to', error)),
    Effect.andThen(Effect.sleep(LISTEN_AGAIN_MS)),
    Effect.forever
  )
  const sweeping = Effect.forever(Effect.andThen(Effect.sleep(sweepMs), sweepOnce))

  return OutboxDocuments.of({
    sweep: Effect.flatMap(find, found => Effect.as(handleAll(found), found.length)),
    loop: sweepOnce.pipe(
      Effect.andThen(Effect.all([listen, sweeping], { concurrency: 'unbounded' })),
      Effect.andThen(Effect.never)
    )
  })
})
