// The Firebase project: set up once for everything that uses it, and not at all while nothing does.
import { Layer } from 'effect'
import type { Config } from '../../config.ts'
import { checkIdentity, FirebaseApp, type FirebaseSettings } from '../../services/firebase/app.ts'
import { IdTokens } from '../../services/firebase/id-tokens.ts'
import * as Firestore from '../../services/firestore/layer.ts'
import { StoreState } from '../../services/firestore/state.ts'

const settingsOf = (config: Config): FirebaseSettings => ({
  projectId: config.FIREBASE_PROJECT_ID,
  credentials: config.GOOGLE_APPLICATION_CREDENTIALS,
  firestoreEmulator: config.FIRESTORE_EMULATOR_HOST,
  authEmulator: config.FIREBASE_AUTH_EMULATOR_HOST,
  storageEmulator: config.FIREBASE_STORAGE_EMULATOR_HOST
})

export const app = (config: Config) => FirebaseApp.layer(settingsOf(config))

export const identity = (config: Config) => checkIdentity(settingsOf(config))

export type App = ReturnType<typeof app>

/** Publishes to Firestore and takes what applications put into the outbox there, where the settings ask for it. */
export const store = (config: Config, firebase: App) =>
  config.STORE === 'firestore'
    ? Firestore.layer({
        databaseId: config.FIRESTORE_DATABASE,
        rampUp: config.FIRESTORE_RAMP_UP,
        sweepMs: config.FIRESTORE_OUTBOX_SWEEP
      }).pipe(Layer.provide(firebase))
    : StoreState.layerOfSqlite

export const idTokens = (config: Config, firebase: App) =>
  config.FIREBASE_AUTH ? IdTokens.layer.pipe(Layer.provide(firebase)) : IdTokens.layerOfNone
