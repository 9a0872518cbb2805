// The Firebase project this server works with, as Google's client knows it; and the only file that sets the client up.
import { readFile } from 'node:fs/promises'
import { Context, Effect, Layer, Schema } from 'effect'
import type { App } from 'firebase-admin/app'

export interface FirebaseSettings {
  readonly projectId: string
  /** A service account's key file, which the client reads by itself; empty: the machine's identity, or an emulator. */
  readonly credentials?: string
  /** `host:port` of emulators; empty: Google's servers. */
  readonly firestoreEmulator?: string
  readonly authEmulator?: string
  readonly storageEmulator?: string
}

/** Firebase cannot be used as it is set up. */
export class FirebaseSetup extends Schema.TaggedError<FirebaseSetup>()('FirebaseSetup', {
  message: Schema.String
}) {}

/** Tells what was wrong, and which settings decide it. */
export const setupError = (cause: unknown): FirebaseSetup =>
  new FirebaseSetup({
    message: `Firebase cannot be used: ${cause instanceof Error ? cause.message : String(cause)}. Set FIREBASE_PROJECT_ID, and GOOGLE_APPLICATION_CREDENTIALS to the key file of a service account`
  })

export class FirebaseApp extends Context.Service<FirebaseApp, App>()(
  'backscroll/services/firebase/FirebaseApp'
) {
  static layer(settings: FirebaseSettings): Layer.Layer<FirebaseApp, FirebaseSetup> {
    return Layer.effect(
      FirebaseApp,
      Effect.map(
        Effect.acquireRelease(open(settings), ({ close }) => close),
        ({ app }) => app
      )
    )
  }
}

/** The client would tell much later, and in other words. */
const checkKeyFile = async (path: string): Promise<void> => {
  const key: unknown = JSON.parse(await readFile(path, 'utf8'))
  if (typeof key !== 'object' || key === null || !('type' in key))
    throw new TypeError('GOOGLE_APPLICATION_CREDENTIALS names no key file of Google’s')
}

/** Whoever stops the server does not wait for Google. */
const CLOSE_MS = 2000

const open = ({
  authEmulator = '',
  credentials = '',
  firestoreEmulator = '',
  projectId,
  storageEmulator = ''
}: FirebaseSettings) =>
  Effect.tryPromise({
    try: async () => {
      // Only who uses Firebase pays for loading it.
      const { deleteApp, initializeApp } = await import('firebase-admin/app')
      if (firestoreEmulator !== '') process.env['FIRESTORE_EMULATOR_HOST'] = firestoreEmulator
      if (authEmulator !== '') process.env['FIREBASE_AUTH_EMULATOR_HOST'] = authEmulator
      if (storageEmulator !== '') process.env['FIREBASE_STORAGE_EMULATOR_HOST'] = storageEmulator
      // An emulator wants no credentials: nothing is to be looked for on Google's machines.
      if (firestoreEmulator !== '' || storageEmulator !== '')
        process.env['METADATA_SERVER_DETECTION'] ??= 'none'
      if (credentials !== '') await checkKeyFile(credentials)
      const app = initializeApp(
        projectId === '' ? {} : { projectId },
        `backscroll-${process.hrtime.bigint()}`
      )
      return { app, close: close(() => deleteApp(app)) }
    },
    catch: setupError
  })

const close = (end: () => Promise<void>) =>
  Effect.tryPromise(end).pipe(
    Effect.timeoutOption(CLOSE_MS),
    Effect.catch(error => Effect.logDebug('The connection to Firebase did not close in order', error)),
    Effect.asVoid
  )
