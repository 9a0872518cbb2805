// Compares what is stored here with Firestore, document by document.
import { Effect } from 'effect'
import { SqlClient } from 'effect/sql'
import type { DocumentData } from 'firebase-admin/firestore'
import { composeDocuments } from '../publish/compose.ts'
import { FirestoreDatabase } from '../publish/database.ts'
import { eachPageOfPaths } from '../publish/queue.ts'
import { Comparison } from './comparison.ts'
import { PAGE, readFirestore } from './read-documents.ts'
import type { Progress } from './report.ts'

/** Compares the documents that should be at these paths with those that Firestore has there. */
const comparePaths = Effect.fnUntraced(function* (comparison: Comparison, paths: ReadonlyArray<string>) {
  const database = yield* FirestoreDatabase
  const { documents, unreadable } = yield* composeDocuments(yield* SqlClient.SqlClient, paths)
  comparison.missing.push(...unreadable.keys())
  const references = [...documents.keys()].map(path => database.doc(path))
  // The client refuses an empty list.
  if (references.length === 0) return
  for (const snapshot of yield* readFirestore(() => database.getAll(...references))) {
    const { path } = snapshot.ref
    comparison.add(path, documents.get(path), snapshot.data())
  }
})

/** Compares every document that should be in Firestore. */
export const compareAll = Effect.fnUntraced(function* (progress: Progress) {
  const sql = yield* SqlClient.SqlClient
  const [all] = yield* sql<{ n: number }>`SELECT COUNT(*) AS n FROM firestore_documents`
  const comparison = new Comparison()
  let done = 0
  yield* eachPageOfPaths(sql, PAGE, paths =>
    Effect.map(comparePaths(comparison, paths), () => {
      done += paths.length
      progress('documents compared', done, all?.n ?? null)
    })
  )
  return comparison
})

/** Compares documents that were read from Firestore. */
export const compareRead = Effect.fnUntraced(function* (
  comparison: Comparison,
  read: ReadonlyArray<{ readonly path: string; readonly data: DocumentData }>
) {
  const sql = yield* SqlClient.SqlClient
  const { documents } = yield* composeDocuments(
    sql,
    read.map(({ path }) => path)
  )
  for (const { data, path } of read) comparison.add(path, documents.get(path), data)
})
