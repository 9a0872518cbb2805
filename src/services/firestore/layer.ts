// Firestore as the store that applications read: the server works on its own SQL store as always, and everything
// applications may see is published to Firestore.
import { Effect, Layer } from 'effect'
import { SqlClient } from 'effect/sql'
import { StoreState } from './state.ts'
import { FirestoreDatabase } from './publish/database.ts'
import { OutboxDocuments, type OutboxDocumentsOptions } from './requests/outbox-documents.ts'
import { Publisher, type PublisherOptions } from './publish/publisher.ts'
import { enqueueEverything, installTracking, removeTracking } from './publish/tracking.ts'

/** In `firestore_notes`, while every document has been put into the queue since tracking began. */
const ALL_ENQUEUED = 'all noted'

/** Tracks changes. To be built before anything is stored. */
export const tracked = Layer.effectDiscard(installTracking)

/** Without Firestore no change is tracked. When it is turned on again, everything is compared. */
export const untracked = Layer.effectDiscard(
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    yield* removeTracking
    yield* sql`DELETE FROM firestore_notes WHERE name = ${ALL_ENQUEUED}`
  })
)

/** Puts everything into the queue once, including what was stored before Firestore was turned on. */
export const enqueueEverythingOnce = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const [done] = yield* sql`SELECT 1 FROM firestore_notes WHERE name = ${ALL_ENQUEUED}`
  if (done !== undefined) return
  yield* enqueueEverything
  yield* sql`INSERT INTO firestore_notes (name, value) VALUES (${ALL_ENQUEUED}, '') ON CONFLICT DO NOTHING`
})

const publishForever = Effect.flatMap(Publisher, publisher =>
  enqueueEverythingOnce.pipe(
    Effect.retry({ times: 5 }),
    Effect.catch(error =>
      Effect.logError('What was stored before cannot be put into the queue for Firestore', error)
    ),
    Effect.andThen(publisher.loop)
  )
)

/** Publishes, and takes requests from outbox documents, while the server runs. */
const running = Layer.effect(
  StoreState,
  Effect.gen(function* () {
    const publisher = yield* Publisher
    const documents = yield* OutboxDocuments
    yield* Effect.forkScoped(publishForever)
    yield* Effect.forkScoped(documents.loop)
    return StoreState.of({
      read: Effect.map(publisher.status, status => ({ store: 'firestore' as const, publishing: status }))
    })
  })
)

export const layer = (options: { readonly databaseId: string } & PublisherOptions & OutboxDocumentsOptions) =>
  running.pipe(
    Layer.provide([Publisher.layer(options), OutboxDocuments.layer(options)]),
    Layer.provide(FirestoreDatabase.layer(options))
  )
