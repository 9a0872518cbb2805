// Holds what is stored here against what Firestore shows: every document by the hash of its content, and the number of
// documents of each collection.
import { Effect } from 'effect'
import { SqlClient } from 'effect/sql'
import type { DocumentData, DocumentSnapshot } from 'firebase-admin/firestore'
import { StoreError } from '../../store.ts'
import { makeComposer } from '../compose.ts'
import { FirestoreDatabase } from '../database.ts'
import { digestOf, type Fields } from '../document.ts'
import type { Progress } from './report.ts'

/** Documents read in one request. */
const TOGETHER = 300

/** A file that is held is held in a folder, not in the database: which side has it is no difference. */
const withoutFile = (fields: Fields): Fields => {
  const { media } = fields
  return typeof media === 'object' && media !== null && 'stored' in media
    ? { ...fields, media: { ...media, stored: false, fetched: null } }
    : fields
}

/** The fields that are ours, as they are in Firestore; what applications have added does not count. */
const shownOf = (data: DocumentData, fields: Fields): Fields =>
  Object.fromEntries(Object.keys(fields).map(name => [name, data[name] ?? null]))

export const makeVerification = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const database = yield* FirestoreDatabase
  const { compose } = yield* makeComposer

  const failed = (cause: unknown) => new StoreError({ operation: 'comparing with Firestore', cause })
  const tried = <A>(work: () => Promise<A>) => Effect.tryPromise({ try: work, catch: failed })

  /** What is equal, and the paths of what is not. */
  const compare = Effect.fnUntraced(function* (progress: Progress) {
    const [all] = yield* sql<{ n: number }>`SELECT COUNT(*) AS n FROM firestore_documents`
    const result = { equal: 0, truncated: 0, different: [] as Array<string>, missing: [] as Array<string> }
    let after = ''
    let done = 0
    while (true) {
      const rows = yield* sql<{ path: string }>`SELECT path FROM firestore_documents
        WHERE path > ${after} ORDER BY path LIMIT ${TOGETHER}`
      const last = rows.at(-1)
      if (last === undefined) return result
      after = last.path
      const documents = yield* compose(rows.map(({ path }) => path))
      const found = yield* tried(() =>
        database.getAll(...[...documents.keys()].map(path => database.doc(path)))
      )
      for (const snapshot of found) note(result, snapshot, documents)
      done += rows.length
      progress('documents compared', done, all?.n ?? null)
    }
  })

  const note = (
    result: {
      equal: number
      truncated: number
      readonly different: Array<string>
      readonly missing: Array<string>
    },
    snapshot: DocumentSnapshot,
    documents: ReadonlyMap<string, Fields>
  ) => {
    const { path } = snapshot.ref
    const fields = documents.get(path)
    const data = snapshot.data()
    if (fields === undefined) return
    if (data === undefined) return void result.missing.push(path)
    const [here, there] = [fields, shownOf(data, fields)].map(side => digestOf(path, withoutFile(side)))
    if (Buffer.compare(here ?? EMPTY, there ?? EMPTY) !== 0) return void result.different.push(path)
    result.equal += 1
    if (Array.isArray(fields['truncated']) && fields['truncated'].length > 0) result.truncated += 1
  }

  /** How many documents each collection has, here and there. */
  const counts = Effect.fnUntraced(function* (progress: Progress) {
    const accounts = yield* sql<{ id: string }>`SELECT account_id AS id FROM accounts`
    const [here] = yield* sql<Record<(typeof COLLECTIONS)[number], number>>`SELECT
      (SELECT COUNT(*) FROM accounts) AS accounts, (SELECT COUNT(*) FROM threads) AS threads,
      (SELECT COUNT(*) FROM contacts) AS contacts, (SELECT COUNT(*) FROM messages) AS messages`
    const there = new Map<string, number>()
    const add = (collection: string, n: number) => there.set(collection, (there.get(collection) ?? 0) + n)
    for (const { id } of accounts) {
      const known = yield* tried(() => database.doc(`accounts/${id}`).get())
      add('accounts', known.exists ? 1 : 0)
      for (const collection of ['threads', 'contacts']) {
        const found = yield* tried(() =>
          database.collection(collection).where('accountId', '==', id).count().get()
        )
        add(collection, found.data().count)
      }
    }
    const threads = yield* sql<{ id: string }>`SELECT thread_id AS id FROM threads`
    for (const [index, { id }] of threads.entries()) {
      const found = yield* tried(() => database.collection(`threads/${id}/messages`).count().get())
      add('messages', found.data().count)
      progress('threads counted', index + 1, threads.length)
    }
    return Object.fromEntries(
      COLLECTIONS.map(name => [name, { sqlite: here?.[name] ?? 0, firestore: there.get(name) ?? 0 }])
    )
  })

  return {
    compare: (progress: Progress) => Effect.mapError(compare(progress), failed),
    counts: (progress: Progress) => Effect.mapError(counts(progress), failed)
  }
})

const COLLECTIONS = ['accounts', 'threads', 'contacts', 'messages'] as const

const EMPTY = new Uint8Array()
