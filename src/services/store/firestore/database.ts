// The connection to Firestore, and the only file that knows how the client is set up.
import { Context, Effect, Layer, Schema } from 'effect'
import type { Firestore } from 'firebase-admin/firestore'

export interface FirestoreSettings {
  /** The Firebase project; empty: the one of the service account. */
  readonly projectId: string
  readonly databaseId: string
  /** `host:port` of an emulator; empty: Google's servers. */
  readonly emulator: string
}

/** Firestore cannot be used as it is set up. */
export class FirestoreSetup extends Schema.TaggedError<FirestoreSetup>()('FirestoreSetup', {
  message: Schema.String
}) {}

export class FirestoreDatabase extends Context.Service<FirestoreDatabase, Firestore>()(
  'backscroll/services/store/firestore/FirestoreDatabase'
) {
  static layer(settings: FirestoreSettings): Layer.Layer<FirestoreDatabase, FirestoreSetup> {
    return Layer.effect(
      FirestoreDatabase,
      Effect.acquireRelease(open(settings), ({ close }) => close).pipe(Effect.map(({ database }) => database))
    )
  }
}

/** Whoever stops the server does not wait for Google. */
const CLOSE_MS = 2000

const open = ({ databaseId, emulator, projectId }: FirestoreSettings) =>
  Effect.tryPromise({
    try: async () => {
      // Only who stores in Firestore pays for loading it.
      const [{ initializeApp, deleteApp }, { getFirestore }] = await Promise.all([
        import('firebase-admin/app'),
        import('firebase-admin/firestore')
      ])
      if (emulator !== '') {
        process.env['FIRESTORE_EMULATOR_HOST'] = emulator
        // An emulator wants no credentials: nothing is to be looked for on Google's machines.
        process.env['METADATA_SERVER_DETECTION'] ??= 'none'
      }
      const app = initializeApp(
        projectId === '' ? {} : { projectId },
        `backscroll-${process.hrtime.bigint()}`
      )
      const database = getFirestore(app, databaseId)
      return { database, close: close(() => deleteApp(app)) }
    },
    catch: cause =>
      new FirestoreSetup({
        message: `Firestore cannot be used: ${cause instanceof Error ? cause.message : String(cause)}. Set GOOGLE_APPLICATION_CREDENTIALS to the file of a service account, and FIREBASE_PROJECT_ID`
      })
  })

const close = (end: () => Promise<void>) =>
  Effect.tryPromise(end).pipe(
    Effect.timeoutOption(CLOSE_MS),
    Effect.catch(error => Effect.logDebug('The connection to Firestore did not close in order', error)),
    Effect.asVoid
  )
