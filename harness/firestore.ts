// Firestore as an application uses it: the real client, reading what the server has written.
import { deleteApp, initializeApp } from 'firebase-admin/app'
import { type Firestore, getFirestore } from 'firebase-admin/firestore'
import { Layer } from 'effect'
import { FirebaseApp } from '../src/services/firebase/app.ts'
import { FirestoreDatabase } from '../src/services/firestore/publish/database.ts'
import type { Message, Receipt } from '../src/domain/message.ts'
import type { Thread } from '../src/domain/thread.ts'
import type { Reader } from './compare.ts'

export const PROJECT = 'demo-backscroll'

/** A message's document has more than the API's message. */
export type MessageDocument = Message & {
  readonly receipts: ReadonlyArray<Receipt>
  readonly raw: Uint8Array | null
  readonly truncated: ReadonlyArray<string>
}

export class FirestoreReader implements Reader, AsyncDisposable {
  readonly database: Firestore
  private readonly close: () => Promise<void>

  /** `host` as `FIRESTORE_EMULATOR_HOST` has it. */
  constructor(host: string) {
    process.env['FIRESTORE_EMULATOR_HOST'] = host
    // An emulator wants no credentials: nothing is to be looked for on Google's machines.
    process.env['METADATA_SERVER_DETECTION'] ??= 'none'
    const app = initializeApp({ projectId: PROJECT }, `reader-${process.hrtime.bigint()}`)
    this.database = getFirestore(app)
    // Who goes away in a test comes back soon.
    this.database.settings({ 'grpc.max_reconnect_backoff_ms': 1000 })
    this.close = () => deleteApp(app)
  }

  /** For the server that writes there. */
  static settings(host: string): Readonly<Record<string, string>> {
    return {
      STORE: 'firestore',
      FIREBASE_PROJECT_ID: PROJECT,
      FIRESTORE_EMULATOR_HOST: host,
      FIRESTORE_RAMP_UP: 'false'
    }
  }

  async threads(accountId: string): Promise<ReadonlyArray<Thread>> {
    const found = await this.database.collection('threads').where('accountId', '==', accountId).get()
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion
    return found.docs.map(document => document.data() as Thread)
  }

  async messages(threadId: string): Promise<ReadonlyArray<MessageDocument>> {
    const found = await this.database.collection(`threads/${threadId}/messages`).orderBy('tsClient').get()
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion
    return found.docs.map(document => document.data() as MessageDocument)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }
}

/** A database on a local server or an emulator, as the product's own services use it. */
export const databaseOn = (host: string, projectId: string) =>
  FirestoreDatabase.layer({ databaseId: '(default)' }).pipe(
    Layer.provide(FirebaseApp.layer({ projectId, firestoreEmulator: host }))
  )
