// Holds what is stored here against what Firestore shows: every document by the hash of its content, and the number of
// documents of each collection.
import { Effect } from 'effect'
import { SqlClient } from 'effect/sql'
import type { DocumentData, Query } from 'firebase-admin/firestore'
import { DatabaseError } from '../../database/error.ts'
import { makeComposer } from '../publish/compose.ts'
import { FirestoreDatabase } from '../publish/database.ts'
import { digestOf, type Fields } from '../publish/document.ts'
import { eachPageOfPaths } from '../publish/paths.ts'
import type { Progress } from './report.ts'

/** Documents read in one request. */
const TOGETHER = 300

/**
 * What is not the same on both sides by its nature: files are held in a folder or bucket; a link to WhatsApp is this
 * server's or it is lost; what was cut to fit into Firestore is whole only where it comes from.
 */
const comparable = (path: string, fields: Fields): Fields => {
  const { media, truncated: _cut, ...rest } = fields
  if (path.startsWith('accounts/')) {
    const { ended: _ended, lastDisconnect: _last, wanted: _wanted, ...account } = rest
    return account
  }
  if (media === undefined) return rest
  return typeof media === 'object' && media !== null && 'stored' in media
    ? { ...rest, media: { ...media, stored: false, fetched: null } }
    : { ...rest, media }
}

/** The fields that are ours, as they are in Firestore; what applications have added does not count. */
const shownOf = (data: DocumentData, fields: Fields): Fields =>
  Object.fromEntries(Object.keys(fields).map(name => [name, data[name] ?? null]))

const isSame = (path: string, fields: Fields, data: DocumentData): boolean => {
  const [here, there] = [fields, shownOf(data, fields)].map(side => digestOf(path, comparable(path, side)))
  return here !== undefined && there !== undefined && Buffer.compare(here, there) === 0
}

const isTruncated = (data: DocumentData): boolean =>
  Array.isArray(data['truncated']) && data['truncated'].length > 0

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
      if (isTruncated(data)) this.truncated += 1
    }
  }
}

const COLLECTIONS = ['accounts', 'threads', 'contacts', 'incidents', 'messages'] as const
type Collection = (typeof COLLECTIONS)[number]

export const makeVerification = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const database = yield* FirestoreDatabase
  const { compose } = yield* makeComposer

  const failed = (cause: unknown) => new DatabaseError({ operation: 'comparing with Firestore', cause })
  const tried = <A>(work: () => Promise<A>) => Effect.tryPromise({ try: work, catch: failed })

  /** Every document that should be in Firestore, with what is there. */
  const compareAll = Effect.fnUntraced(function* (progress: Progress) {
    const [all] = yield* sql<{ n: number }>`SELECT COUNT(*) AS n FROM firestore_documents`
    const result = new Comparison()
    let done = 0
    yield* eachPageOfPaths(sql, TOGETHER, paths =>
      Effect.gen(function* () {
        const { documents, unreadable } = yield* compose(paths)
        for (const path of unreadable.keys()) result.missing.push(path)
        const references = [...documents.keys()].map(path => database.doc(path))
        // The client refuses to read no documents.
        const found = references.length === 0 ? [] : yield* tried(() => database.getAll(...references))
        for (const snapshot of found) {
          result.note(snapshot.ref.path, documents.get(snapshot.ref.path), snapshot.data())
        }
        done += paths.length
        progress('documents compared', done, all?.n ?? null)
      })
    )
    return result
  })

  /** Documents read from Firestore, with what is stored here. */
  const compareRead = Effect.fnUntraced(function* (
    result: Comparison,
    read: ReadonlyArray<{ readonly path: string; readonly data: DocumentData }>
  ) {
    const { documents } = yield* compose(read.map(({ path }) => path))
    for (const { data, path } of read) result.note(path, documents.get(path), data)
  })

  const counted = (query: Query) =>
    Effect.map(
      tried(() => query.count().get()),
      found => found.data().count
    )

  const countHere = (accountId: string) =>
    Effect.map(
      sql<Record<Collection, number>>`SELECT 1 AS accounts,
        (SELECT COUNT(*) FROM threads WHERE account_id = ${accountId}) AS threads,
        (SELECT COUNT(*) FROM contacts WHERE account_id = ${accountId}) AS contacts,
        (SELECT COUNT(*) FROM incidents WHERE account_id = ${accountId}) AS incidents,
        (SELECT COUNT(*) FROM messages WHERE account_id = ${accountId}) AS messages`,
      ([row]) => row
    )

  const countThere = Effect.fnUntraced(function* (accountId: string) {
    const of = (collection: string) =>
      counted(database.collection(collection).where('accountId', '==', accountId))
    const account = yield* tried(() => database.doc(`accounts/${accountId}`).get())
    // Also those of a thread whose document is gone.
    const messages = database
      .collectionGroup('messages')
      .where('accountId', '==', accountId)
      .orderBy('tsClient', 'desc')
    return {
      accounts: account.exists ? 1 : 0,
      threads: yield* of('threads'),
      contacts: yield* of('contacts'),
      incidents: yield* of('incidents'),
      messages: yield* counted(messages)
    }
  })

  /** How many documents each collection has here and there, and how many only one side has; account by account. */
  const counts = Effect.fnUntraced(function* (only: ReadonlyArray<string>) {
    const rows = yield* sql<{ id: string }>`SELECT account_id AS id FROM accounts`
    const accounts = rows.filter(({ id }) => only.length === 0 || only.includes(id))
    const sums = Object.fromEntries(COLLECTIONS.map(name => [name, { sqlite: 0, firestore: 0 }]))
    const excess = { here: 0, there: 0 }
    for (const { id } of accounts) {
      const here = yield* countHere(id)
      const there = yield* countThere(id)
      for (const name of COLLECTIONS) {
        const [sqlite, firestore] = [here?.[name] ?? 0, there[name]]
        const sum = sums[name] ?? { sqlite: 0, firestore: 0 }
        sums[name] = { sqlite: sum.sqlite + sqlite, firestore: sum.firestore + firestore }
        excess.here += Math.max(0, sqlite - firestore)
        excess.there += Math.max(0, firestore - sqlite)
      }
    }
    return { counts: sums, excess }
  })

  return {
    compareAll: (progress: Progress) => Effect.mapError(compareAll(progress), failed),
    compareRead: (...given: Parameters<typeof compareRead>) => Effect.mapError(compareRead(...given), failed),
    counts: (only: ReadonlyArray<string>) => Effect.mapError(counts(only), failed)
  }
})
