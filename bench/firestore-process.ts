// A local Firestore as a process of its own, which counts what it is asked to do.
import { LocalFirestore } from '../test/firestore/server.ts'
import { answer } from './child.ts'

const server = await LocalFirestore.start()

const firestore = {
  host: async (_: null): Promise<string> => server.host,
  /** Documents written, deleted and read since the process began; `messages`: documents of messages written. */
  tally: async (_: null) => {
    const { byCollection, deletes, reads, writes } = server.documents.tally
    return { writes, deletes, reads, messages: byCollection.get('messages') ?? 0 }
  }
}
export type FirestoreQuestions = typeof firestore
answer(firestore)
