// Holds what is stored here against what Firestore shows: every document by the hash of its content, and the number of
// documents of each collection.
import { Effect } from 'effect'
import { SqlClient } from 'effect/sql'
import type { DocumentData } from 'firebase-admin/firestore'
import { StoreError } from '../../store.ts'
import { makeComposer } from '../compose.ts'
import { FirestoreDatabase } from '../database.ts'
import { digestOf, type Fields } from '../document.ts'
import type { Progress } from './report.ts'

/** Documents read in one request. */
const TOGETHER = 300

/** A file that is held is held in a folder or bucket, not in the database: which side has it is no difference. */
const withoutFile = (fields: Fields): Fields => {
  const { media } = fields
  return typeof media === 'object' && media !== null && 'stored' in media
    ? { ...fields, media: { ...media, stored: false, fetched: null } }
    : fields
}

/** The fields that are ours, as they are in Firestore; what applications have added does not count. */
const shownOf = (data: DocumentData, fields: Fields): Fields =>
  Object.fromEntries(Object.keys(fields).map(name => [name, data[name] ?? null]))

const isSame = (path: string, fields: Fields, data: DocumentData): boolean => {
  const [here, there] = [fields, shownOf(data, fields)].map(side => digestOf(path, withoutFile(side)))
  return here !== undefined && there !== undefined && Buffer.compare(here, there) === 0
}

const isTruncated = ({ truncated }: Fields): boolean => Array.isArray(truncated) && truncated.length > 0

/** What became of documents that were compared; paths of those that are not equal. */
export class Comparison {
  equal = 0
  truncated = 0
  readonly different: Array<string> = []
  readonly missing: Array<string> = []

  /** `fields` as they should be, `data` as they are; `undefined` on the side that has no such document. */
  note(path: string, fields: Fields | undefined, data: DocumentData | undefined): void {
    if (fields === undefined || data === undefined) this.missing.push(path)
    else if (!isSame(path, fields, data)) this.different.push(path)
    else {
      this.equal += 1
      if (isTruncated(fields)) this.truncated += 1
    }
  }
}

const COLLECTIONS = ['accounts', 'threads', 'contacts', 'incidents', 'messages'] as const

export const makeVerification = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const database = yield* FirestoreDatabase
  const { compose } = yield* makeComposer

  const failed = (cause: unknown) => new StoreError({ operation: 'comparing with Firestore', cause })
  const tried = <A>(work: () => Promise<A>) => Effect.tryPromise({ try: work, catch: failed })

  /** Every document that should be in Firestore, with what is there. */
  const compareAll = Effect.fnUntraced(function* (progress: Progress) {
    const [all] = yield* sql<{ n: number }>`SELECT COUNT(*) AS n FROM firestore_documents`
    const result = new Comparison()
    let after = ''
    let done = 0
    while (true) {
      const rows = yield* sql<{ path: string }>`SELECT path FROM firestore_documents
        WHERE path > ${after} ORDER BY path LIMIT ${TOGETHER}`
      const last = rows.at(-1)
      if (last === undefined) return result
      after = last.path
      const { documents, unreadable } = yield* compose(rows.map(({ path }) => path))
      for (const path of unreadable.keys()) result.missing.push(path)
      const references = [...documents.keys()].map(path => database.doc(path))
      // The client refuses to read no documents.
      const found = references.length === 0 ? [] : yield* tried(() => database.getAll(...references))
      for (const snapshot of found) {
        result.note(snapshot.ref.path, documents.get(snapshot.ref.path), snapshot.data())
      }
      done += rows.length
      progress('documents compared', done, all?.n ?? null)
    }
  })

  /** Documents read from Firestore, with what is stored here. */
  const compareRead = Effect.fnUntraced(function* (
    result: Comparison,
    read: ReadonlyArray<{ readonly path: string; readonly data: DocumentData }>
  ) {
    const { documents } = yield* compose(read.map(({ path }) => path))
    for (const { data, path } of read) result.note(path, documents.get(path), data)
  })

  const countOf = (collection: string, accountId: string) =>
    Effect.map(
      tried(() => database.collection(collection).where('accountId', '==', accountId).count().get()),
      found => found.data().count
    )

  /** How many documents each collection has, here and there, of the accounts that are here. */
  const counts = Effect.fnUntraced(function* (progress: Progress) {
    const accounts = yield* sql<{ id: string }>`SELECT account_id AS id FROM accounts`
    const [here] = yield* sql<Record<(typeof COLLECTIONS)[number], number>>`SELECT
      (SELECT COUNT(*) FROM accounts) AS accounts, (SELECT COUNT(*) FROM threads) AS threads,
      (SELECT COUNT(*) FROM contacts) AS contacts, (SELECT COUNT(*) FROM messages) AS messages,
      (SELECT COUNT(*) FROM incidents WHERE account_id IN (SELECT account_id FROM accounts)) AS incidents`
    const there = new Map<string, number>()
    const add = (collection: string, n: number) => there.set(collection, (there.get(collection) ?? 0) + n)
    for (const { id } of accounts) {
      const known = yield* tried(() => database.doc(`accounts/${id}`).get())
      add('accounts', known.exists ? 1 : 0)
      for (const collection of ['threads', 'contacts', 'incidents'])
        add(collection, yield* countOf(collection, id))
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
    compareAll: (progress: Progress) => Effect.mapError(compareAll(progress), failed),
    compareRead: (...given: Parameters<typeof compareRead>) => Effect.mapError(compareRead(...given), failed),
    counts: (progress: Progress) => Effect.mapError(counts(progress), failed)
  }
})
