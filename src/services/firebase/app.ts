// Google's client for the server's Firebase project. No other file sets the client up.
import { readFile } from 'node:fs/promises'
import { Context, Effect, Layer, Schema } from 'effect'
import type { App } from 'firebase-admin/app'

export interface FirebaseSettings {
  readonly projectId: string
  /** Path of a service account's key file; empty for the machine's own identity, or an emulator. */
  readonly credentials?: string
  /** `host:port` of emulators; empty for Google's servers. */
  readonly firestoreEmulator?: string
  readonly authEmulator?: string
  readonly storageEmulator?: string
}

/** Firebase cannot be used with these settings. */
export class FirebaseSetup extends Schema.TaggedError<FirebaseSetup>()('FirebaseSetup', {
  message: Schema.String
}) {}

/** Google's packages are large and not needed without these settings: whoever installs Backscroll installs them as well. */
const notInstalled = new FirebaseSetup({
  message: `The packages for Firebase are not installed. Install them beside Backscroll: npm install firebase-admin@14`
})

const isMissing = (cause: unknown): boolean =>
  cause instanceof Error && 'code' in cause && cause.code === 'ERR_MODULE_NOT_FOUND'

/** Says what is wrong, and which settings decide it. */
export const setupError = (cause: unknown): FirebaseSetup =>
  isMissing(cause)
    ? notInstalled
    : new FirebaseSetup({
        message: `Firebase cannot be used: ${(cause instanceof Error ? cause.message : String(cause)).replace(/\.$/, '')}. Set FIREBASE_PROJECT_ID, and GOOGLE_APPLICATION_CREDENTIALS to the key file of a service account`
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

/** The client itself reports a wrong key file only at its first request, and less clearly. */
const checkKeyFile = async (path: string): Promise<void> => {
  const key: unknown = JSON.parse(await readFile(path, 'utf8'))
  if (typeof key !== 'object' || key === null || !('type' in key))
    throw new TypeError('GOOGLE_APPLICATION_CREDENTIALS names no key file of Google’s')
}

/** Stopping the server does not wait longer for Google. */
const CLOSE_MS = 2000

/** The client reads these from the environment. */
const setEnvironment = ({
  authEmulator = '',
  firestoreEmulator = '',
  storageEmulator = ''
}: FirebaseSettings): void => {
  if (firestoreEmulator !== '') process.env['FIRESTORE_EMULATOR_HOST'] = firestoreEmulator
  if (authEmulator !== '') process.env['FIREBASE_AUTH_EMULATOR_HOST'] = authEmulator
  if (storageEmulator !== '') process.env['FIREBASE_STORAGE_EMULATOR_HOST'] = storageEmulator
  // An emulator needs no credentials: the client is not to look for Google's metadata server.
  if (firestoreEmulator !== '' || storageEmulator !== '') process.env['METADATA_SERVER_DETECTION'] ??= 'none'
}

const open = (settings: FirebaseSettings) =>
  Effect.tryPromise({
    try: async () => {
      const { credentials = '', projectId } = settings
      // Loaded here, so that servers without Firebase do not load it.
      const { deleteApp, initializeApp } = await import('firebase-admin/app')
      setEnvironment(settings)
      if (credentials !== '') await checkKeyFile(credentials)
      const name = `backscroll-${process.hrtime.bigint()}`
      const app = initializeApp(projectId === '' ? {} : { projectId }, name)
      return { app, close: close(() => deleteApp(app)) }
    },
    catch: setupError
  })

const TOKEN_TIMEOUT_MS = 20_000

/**
 * Fails unless there is a project, and an identity to use it with: for work that would otherwise begin and wait for ever. What
 * the identity may do is known only when it is used.
 */
export const checkIdentity = ({ firestoreEmulator = '', projectId }: FirebaseSettings) => {
  if (projectId === '') return Effect.fail(setupError('no project is named'))
  if (firestoreEmulator !== '') return Effect.void
  return Effect.tryPromise({
    try: async () => {
      const { applicationDefault } = await import('firebase-admin/app')
      await applicationDefault().getAccessToken()
    },
    catch: setupError
  }).pipe(
    Effect.timeoutOrElse({
      duration: TOKEN_TIMEOUT_MS,
      orElse: () => Effect.fail(setupError('Google did not answer in time'))
    }),
    Effect.asVoid
  )
}

const close = (end: () => Promise<void>) =>
  Effect.tryPromise(end).pipe(
    Effect.timeoutOption(CLOSE_MS),
    Effect.catch(error => Effect.logDebug('The connection to Firebase did not close in order', error)),
    Effect.asVoid
  )
