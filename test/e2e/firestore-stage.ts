// A stage whose server shows everything in a local Firestore, and an application that reads there with the real client.
import { FirestoreReader } from '../../harness/firestore.ts'
import { deployedIndexes } from '../firestore/deployed-indexes.ts'
import { LocalFirestore } from '../firestore/server.ts'
import { shared } from './shared.ts'
import { Stage } from './stage.ts'

export class FirestoreStage implements AsyncDisposable {
  readonly stage: Stage
  readonly firestore: LocalFirestore
  readonly reader: FirestoreReader

  private constructor(stage: Stage, firestore: LocalFirestore, reader: FirestoreReader) {
    this.stage = stage
    this.firestore = firestore
    this.reader = reader
  }

  static async set(settings: Readonly<Record<string, string>> = {}): Promise<FirestoreStage> {
    const firestore = await LocalFirestore.start({ indexes: deployedIndexes })
    const stage = await Stage.set({ ...FirestoreReader.settings(firestore.host), ...settings })
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

const DEADLINE_MS = 40_000

/** One stage for the tests of a file. */
export const sharedFirestoreStage = (
  settings: Readonly<Record<string, string>> = {}
): (() => FirestoreStage) => shared(() => FirestoreStage.set(settings))
