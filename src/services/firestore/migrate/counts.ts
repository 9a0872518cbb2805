// How many documents each collection has here and in Firestore.
import { Effect } from 'effect'
import { SqlClient } from 'effect/sql'
import type { Query } from 'firebase-admin/firestore'
import { FirestoreDatabase } from '../publish/database.ts'
import { readFirestore } from './read-documents.ts'

const COLLECTIONS = ['accounts', 'threads', 'contacts', 'incidents', 'messages'] as const
type Counts = Record<(typeof COLLECTIONS)[number], number>

const NONE: Counts = { accounts: 0, threads: 0, contacts: 0, incidents: 0, messages: 0 }

const countHere = Effect.fnUntraced(function* (accountId: string) {
  const sql = yield* SqlClient.SqlClient
  const [row] = yield* sql<Counts>`SELECT 1 AS accounts,
    (SELECT COUNT(*) FROM threads WHERE account_id = ${accountId}) AS threads,
    (SELECT COUNT(*) FROM contacts WHERE account_id = ${accountId}) AS contacts,
    (SELECT COUNT(*) FROM incidents WHERE account_id = ${accountId}) AS incidents,
    (SELECT COUNT(*) FROM messages WHERE account_id = ${accountId}) AS messages`
  return row ?? NONE
})

const countOf = (query: Query) =>
  Effect.map(
    readFirestore(() => query.count().get()),
    found => found.data().count
  )

const countThere = Effect.fnUntraced(function* (accountId: string) {
  const database = yield* FirestoreDatabase
  const inCollection = (name: string) =>
    countOf(database.collection(name).where('accountId', '==', accountId))
  const account = yield* readFirestore(() => database.doc(`accounts/${accountId}`).get())
  // Includes the messages of a thread whose document is missing.
  const messages = database
    .collectionGroup('messages')
    .where('accountId', '==', accountId)
    .orderBy('tsClient', 'desc')
  const counts: Counts = {
    accounts: account.exists ? 1 : 0,
    threads: yield* inCollection('threads'),
    contacts: yield* inCollection('contacts'),
    incidents: yield* inCollection('incidents'),
    messages: yield* countOf(messages)
  }
  return counts
})

/**
 * The documents of each collection on both sides, and how many more one side has than the other, summed by account and
 * collection. `only`: the ids of accounts; empty for all that are stored here.
 */
export const countBoth = Effect.fnUntraced(function* (only: ReadonlyArray<string>) {
  const sql = yield* SqlClient.SqlClient
  const rows = yield* sql<{ id: string }>`SELECT account_id AS id FROM accounts`
  const counts = Object.fromEntries(COLLECTIONS.map(name => [name, { sqlite: 0, firestore: 0 }]))
  const excess = { here: 0, there: 0 }
  for (const { id } of rows.filter(row => only.length === 0 || only.includes(row.id))) {
    const here = yield* countHere(id)
    const there = yield* countThere(id)
    for (const name of COLLECTIONS) {
      const [sqlite, firestore] = [here[name], there[name]]
      const sum = counts[name] ?? { sqlite: 0, firestore: 0 }
      counts[name] = { sqlite: sum.sqlite + sqlite, firestore: sum.firestore + firestore }
      excess.here += Math.max(0, sqlite - firestore)
      excess.there += Math.max(0, firestore - sqlite)
    }
  }
  return { counts, excess }
})
