// The store with Firestore: the server works on its own SQL store, as always, and everything an application may see of it
// is brought to Firestore.
import { Effect, Layer } from 'effect'
import { SqlClient } from 'effect/sql'
import { StoreState } from './state.ts'
import { FirestoreDatabase } from './publish/database.ts'
import { OutboxDocuments, type OutboxDocumentsOptions } from './requests/outbox-documents.ts'
import { Publisher, type PublisherOptions } from './publish/publisher.ts'
import { makeTracking } from './publish/tracking.ts'

/** In `firestore_notes`, while everything stored has been noted since tracking began. */
const ALL_NOTED = 'all noted'

/** To be run before anything is stored: notes from now on what changes. */
export const tracked = Layer.effectDiscard(Effect.flatMap(makeTracking, ({ install }) => install))

/** Without Firestore nothing is noted; whoever turns it on again is shown everything that has changed meanwhile. */
export const untracked = Layer.effectDiscard(
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    const { remove } = yield* makeTracking
    yield* remove
    yield* sql`DELETE FROM firestore_notes WHERE name = ${ALL_NOTED}`
  })
)

/** Notes everything once, also what was stored before Firestore was turned on. */
export const noteAllOnce = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const { noteAll } = yield* makeTracking
  const [done] = yield* sql`SELECT 1 FROM firestore_notes WHERE name = ${ALL_NOTED}`
  if (done !== undefined) return
  yield* noteAll
  yield* sql`INSERT INTO firestore_notes (name, value) VALUES (${ALL_NOTED}, '') ON CONFLICT DO NOTHING`
})

/** Publishes, and takes what applications put into the outbox, for as long as the server runs. */
const running = Layer.effect(
  StoreState,
  Effect.gen(function* () {
    const publisher = yield* Publisher
    const documents = yield* OutboxDocuments
    yield* noteAllOnce.pipe(
      Effect.retry({ times: 5 }),
      Effect.catch(error => Effect.logError('What was stored before cannot be shown in Firestore', error)),
      Effect.andThen(publisher.loop),
      Effect.forkScoped
    )
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
