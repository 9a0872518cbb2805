// The queue of documents to publish, and what is known of each document in Firestore. A row stays when its document is
// published: its digest then tells whether a later change has to be written.
import { Clock, Effect, Schema } from 'effect'
import type { SqlClient } from 'effect/sql'
import type { SqlBulk } from '../../database/bulk.ts'
import { HISTORY_LANE, LIVE_LANE, SHORTEST_INTERVAL_MS } from './pace.ts'
import type { WriteOutcome } from './writing.ts'

type Bulk = SqlBulk['Service']

const PendingDocument = Schema.Struct({
  path: Schema.String,
  /** Rises with every change. */
  version: Schema.Finite,
  /** Of the document that Firestore was last known to have; `null` when that is not known. */
  digest: Schema.NullOr(Schema.Uint8Array),
  /** Failed attempts in a row. */
  attempts: Schema.Finite,
  /** Whether Firestore may have a document at this path. */
  maybeThere: Schema.BooleanFromBit,
  /** To be written even if its digest is the same. */
  forced: Schema.BooleanFromBit
})

/** A document that is due, as its row was when it was read. */
export type PendingDocument = typeof PendingDocument.Type

const decodePending = Schema.decodeUnknownEffect(PendingDocument)

export type DocumentOutcome =
  /** Nothing was to be written: Firestore has this version, or has no document and is to have none. */
  | { readonly is: 'same' | 'never there' }
  /** The stored row cannot be read by this version. */
  | { readonly is: 'unreadable'; readonly reason: string }
  | WriteOutcome

const FIRST_RETRY_MS = 1000
const LONGEST_RETRY_MS = 30_000

const retryAfter = (attempts: number): number =>
  Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(attempts, 6))

/** Documents that are due by a time (milliseconds since 1970), at most so many, the live lane first. */
export const dueDocuments = Effect.fnUntraced(function* (
  sql: SqlClient.SqlClient,
  most: number,
  until: number
) {
  const found: Array<PendingDocument> = []
  for (const lane of [LIVE_LANE, HISTORY_LANE]) {
    if (found.length >= most) break
    const rows =
      yield* sql`SELECT path, version, digest, attempts, maybe_there, forced FROM firestore_documents
      WHERE lane = ${lane} AND due <= ${until} ORDER BY due LIMIT ${most - found.length}`
    for (const row of rows) found.push(yield* decodePending(row))
  }
  return found
})

/** To be called before a write: until its outcome is known, Firestore may have the old document, the new one or none. */
export const recordAttempt = (bulk: Bulk, paths: ReadonlyArray<string>) =>
  bulk.runMany(
    `UPDATE firestore_documents SET digest = NULL, maybe_there = 1 WHERE path = ?`,
    paths.map(path => [path])
  )

/** The rows that an outcome changes, one list per statement. */
interface RowChanges {
  /** Path, version: the row is deleted unless its document has changed again. */
  readonly forget: Array<ReadonlyArray<unknown>>
  /** Path, version, digest, whether it may be there, when it was written, when it is due if it has changed again. */
  readonly settle: Array<ReadonlyArray<unknown>>
  /** Path, when it is due. */
  readonly retry: Array<ReadonlyArray<unknown>>
  /** Path, version, reason. */
  readonly refuse: Array<ReadonlyArray<unknown>>
}

/** What the outcomes of a round change in the queue. A document without an outcome stays as it is. */
export const rowChanges = (
  pending: ReadonlyArray<PendingDocument>,
  outcomes: ReadonlyMap<string, DocumentOutcome>,
  digests: ReadonlyMap<string, Uint8Array>,
  now: number
): RowChanges => {
  const again = now + SHORTEST_INTERVAL_MS
  const changes: RowChanges = { forget: [], settle: [], retry: [], refuse: [] }
  for (const { attempts, digest, path, version } of pending) {
    const outcome = outcomes.get(path)
    switch (outcome?.is) {
      case undefined:
        break
      case 'written':
        changes.settle.push([path, version, digests.get(path) ?? null, 1, now, again])
        break
      case 'same':
        changes.settle.push([path, version, digest, 1, null, again])
        break
      case 'deleted':
      case 'never there':
        changes.forget.push([path, version])
        // For a row that has changed again: no version is -1, so it stays due.
        changes.settle.push([path, -1, null, 0, now, again])
        break
      case 'later':
      case 'no access':
        changes.retry.push([path, now + retryAfter(attempts)])
        break
      case 'refused':
      case 'unreadable':
        changes.refuse.push([path, version, outcome.reason])
        break
    }
  }
  return changes
}

/** Records the outcomes of a round in one transaction. A document that has changed meanwhile stays due. */
export const recordOutcomes = Effect.fnUntraced(function* (
  sql: SqlClient.SqlClient,
  bulk: Bulk,
  pending: ReadonlyArray<PendingDocument>,
  outcomes: ReadonlyMap<string, DocumentOutcome>,
  digests: ReadonlyMap<string, Uint8Array>
) {
  const { forget, refuse, retry, settle } = rowChanges(
    pending,
    outcomes,
    digests,
    yield* Clock.currentTimeMillis
  )
  yield* Effect.all([
    bulk.runMany(`DELETE FROM firestore_documents WHERE path = ? AND version = ?`, forget),
    bulk.runMany(
      `UPDATE firestore_documents SET digest = ?3, maybe_there = ?4, written_at = COALESCE(?5, written_at),
        attempts = 0, refused = NULL, forced = CASE WHEN version = ?2 THEN 0 ELSE forced END,
        due = CASE WHEN version = ?2 THEN NULL ELSE ?6 END WHERE path = ?1`,
      settle
    ),
    bulk.runMany(`UPDATE firestore_documents SET attempts = attempts + 1, due = ?2 WHERE path = ?1`, retry),
    bulk.runMany(
      `UPDATE firestore_documents SET refused = ?3, due = CASE WHEN version = ?2 THEN NULL ELSE due END WHERE path = ?1`,
      refuse
    )
  ]).pipe(sql.withTransaction)
})

/** Makes documents due now that wait for another attempt. */
export const retryNow = (sql: SqlClient.SqlClient) =>
  Effect.flatMap(
    Clock.currentTimeMillis,
    now => sql`UPDATE firestore_documents SET due = ${now} WHERE due > ${now} AND attempts > 0`
  )

/** Makes refused documents due: another version of this server, or other limits, may get them accepted. */
export const retryRefused = (sql: SqlClient.SqlClient) =>
  Effect.flatMap(
    Clock.currentTimeMillis,
    now => sql`UPDATE firestore_documents SET due = ${now} WHERE refused IS NOT NULL AND due IS NULL`
  )

/** Marks documents as due that a comparison found to be missing or different in Firestore. */
export const writeAgain = (bulk: Bulk, paths: ReadonlyArray<string>) =>
  bulk.runMany(
    `UPDATE firestore_documents SET digest = NULL, due = 0, noted_at = 0 WHERE path = ?`,
    paths.map(path => [path])
  )

/** Marks documents as published with these digests. */
export const markPublished = (bulk: Bulk, digests: Iterable<readonly [path: string, digest: Uint8Array]>) =>
  bulk.runMany(`UPDATE firestore_documents SET digest = ?2, maybe_there = 1, due = NULL WHERE path = ?1`, [
    ...digests
  ])

/** Documents that wait and since when (milliseconds since 1970), and documents that were refused. */
export const countPending = (sql: SqlClient.SqlClient) =>
  Effect.map(
    sql<{
      waiting: number
      since: number | null
      refused: number
    }>`SELECT COUNT(*) AS waiting, MIN(noted_at) AS since,
        (SELECT COUNT(*) FROM firestore_documents WHERE refused IS NOT NULL) AS refused
      FROM firestore_documents WHERE due IS NOT NULL`,
    ([row]) => ({ waiting: row?.waiting ?? 0, waitingSince: row?.since ?? null, refused: row?.refused ?? 0 })
  )

/** Every document in the table, page by page in the order of their paths. */
export const eachPageOfPaths = Effect.fnUntraced(function* <E, R>(
  sql: SqlClient.SqlClient,
  size: number,
  work: (paths: ReadonlyArray<string>) => Effect.Effect<unknown, E, R>
) {
  let after = ''
  while (true) {
    const rows = yield* sql<{ path: string }>`SELECT path FROM firestore_documents WHERE path > ${after}
      ORDER BY path LIMIT ${size}`
    const last = rows.at(-1)
    if (last === undefined) return
    yield* work(rows.map(({ path }) => path))
    after = last.path
  }
})
