// The Firestore database that applications read.
import { Context, Effect, Layer } from 'effect'
import type { Firestore } from 'firebase-admin/firestore'
import { FirebaseApp, type FirebaseSetup, setupError } from '../../firebase/app.ts'

export class FirestoreDatabase extends Context.Service<FirestoreDatabase, Firestore>()(
  'backscroll/services/store/firestore/FirestoreDatabase'
) {
  /** `databaseId` is `(default)` for the first one of a project. */
  static layer(options: {
    readonly databaseId: string
  }): Layer.Layer<FirestoreDatabase, FirebaseSetup, FirebaseApp> {
    return Layer.effect(
      FirestoreDatabase,
      Effect.flatMap(FirebaseApp, app =>
        Effect.tryPromise({
          try: async () => (await import('firebase-admin/firestore')).getFirestore(app, options.databaseId),
          catch: setupError
        })
      )
    )
  }
}
