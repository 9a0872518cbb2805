// A stage whose server shows everything in a local Firestore, and an application that reads there with the real client.
import { FirestoreReader } from '../../harness/firestore.ts'
import type { InProcessServer } from '../../harness/in-process-server.ts'
import type { RunningServer, ServerProcess } from '../../harness/server-process.ts'
import { deployedIndexes } from '../firestore/deployed-indexes.ts'
import { LocalFirestore } from '../firestore/server.ts'
import { shared } from './shared.ts'
import { Stage } from './stage.ts'

type Settings = Readonly<Record<string, string>>

export class FirestoreStage<Server extends RunningServer = ServerProcess> implements AsyncDisposable {
  readonly stage: Stage<Server>
  readonly firestore: LocalFirestore
  readonly reader: FirestoreReader

  private constructor(stage: Stage<Server>, firestore: LocalFirestore, reader: FirestoreReader) {
    this.stage = stage
    this.firestore = firestore
    this.reader = reader
  }

  static set(settings: Settings = {}): Promise<FirestoreStage> {
    return FirestoreStage.setWith(all => Stage.set(all), settings)
  }

  /** The same with the server in the process of the test. */
  static setInProcess(settings: Settings = {}): Promise<FirestoreStage<InProcessServer>> {
    return FirestoreStage.setWith(all => Stage.setInProcess(all), settings)
  }

  private static async setWith<Server extends RunningServer>(
    setStage: (settings: Settings) => Promise<Stage<Server>>,
    settings: Settings
  ): Promise<FirestoreStage<Server>> {
    const firestore = await LocalFirestore.start({ indexes: deployedIndexes })
    const stage = await setStage({ ...FirestoreReader.settings(firestore.host), ...settings })
    return new FirestoreStage(stage, firestore, new FirestoreReader(firestore.host))
  }

  /** A document once it is as a test wants it, as a listening application sees it. */
  document(path: string, isWanted: (data: FirebaseFirestore.DocumentData) => boolean) {
    return new Promise<FirebaseFirestore.DocumentData>((resolve, reject) => {
      let last: unknown
      const timer = setTimeout(() => {
        stop()
        reject(new Error(`${path} did not become what was wanted; it is ${JSON.stringify(last)}`))
      }, DEADLINE_MS)
      const stop = this.reader.database.doc(path).onSnapshot(snapshot => {
        const data = snapshot.data()
        last = data
        if (data === undefined || !isWanted(data)) return
        clearTimeout(timer)
        stop()
        resolve(data)
      }, reject)
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stage[Symbol.asyncDispose]()
    await this.reader[Symbol.asyncDispose]()
    await this.firestore.stop()
  }
}

/** Wherever its server runs. */
export type AnyFirestoreStage = FirestoreStage<RunningServer>

const DEADLINE_MS = 40_000

/** One stage for the tests of a file, with the server in their process. */
export const sharedFirestoreStage = (settings: Settings = {}): (() => FirestoreStage<InProcessServer>) =>
  shared(() => FirestoreStage.setInProcess(settings))
