// The Firestore database that applications read.
import { Context, Effect, Layer } from 'effect'
import type { Firestore } from 'firebase-admin/firestore'
import { FirebaseApp, type FirebaseSetup, setupError } from '../../firebase/app.ts'

const LONGEST_RECONNECT_MS = 5000

export class FirestoreDatabase extends Context.Service<FirestoreDatabase, Firestore>()(
  'backscroll/services/firestore/FirestoreDatabase'
) {
  /** `databaseId` is `(default)` for a project's first database. */
  static layer(options: {
    readonly databaseId: string
  }): Layer.Layer<FirestoreDatabase, FirebaseSetup, FirebaseApp> {
    return Layer.effect(
      FirestoreDatabase,
      Effect.flatMap(FirebaseApp, app =>
        Effect.tryPromise({
          try: async () => {
            const { getFirestore } = await import('firebase-admin/firestore')
            const database = getFirestore(app, options.databaseId)
            // gRPC's default back-off rises to two minutes.
            database.settings({ 'grpc.max_reconnect_backoff_ms': LONGEST_RECONNECT_MS })
            return database
          },
          catch: setupError
        })
      )
    )
  }
}
