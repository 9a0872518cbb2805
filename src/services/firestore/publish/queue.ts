// The documents that are to be looked at, and what is known of each, in SQL.
import { Clock, Effect, Schema } from 'effect'
import { SqlClient } from 'effect/sql'
import { SqlBulk } from '../../database/bulk.ts'
import { SHORTEST_INTERVAL_MS } from './tracking.ts'
import type { Outcome } from './writing.ts'

/** A document that is due, as it was when it was looked at. */
export interface Noted {
  readonly path: string
  readonly version: number
  /** Of what Firestore was last known to have; `null` when that is not known. */
  readonly digest: Uint8Array | null
  readonly attempts: number
  /** Whether Firestore may have a document here. */
  readonly isMaybeThere: boolean
  /** To be written also if it is what it was. */
  readonly isForced: boolean
}

export type Verdict =
  /** Nothing to be done: Firestore has it so, or has had none and is to have none. */
  { readonly is: 'same' | 'never there' } | { readonly is: 'unreadable'; readonly reason: string } | Outcome

const Row = Schema.Struct({
  path: Schema.String,
  version: Schema.Finite,
  digest: Schema.NullOr(Schema.Uint8Array),
  attempts: Schema.Finite,
  maybeThere: Schema.Finite,
  forced: Schema.Finite
})
const decodeRow = Schema.decodeUnknownEffect(Row)

const FIRST_RETRY_MS = 1000
const LONGEST_RETRY_MS = 30_000

export const makeQueue = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const bulk = yield* SqlBulk

  /** What is due by a time, news before history. */
  const due = Effect.fnUntraced(function* (most: number, until: number) {
    const found: Array<Noted> = []
    for (const lane of [0, 1]) {
      if (found.length >= most) break
      const rows =
        yield* sql`SELECT path, version, digest, attempts, maybe_there, forced FROM firestore_documents
        WHERE lane = ${lane} AND due <= ${until} ORDER BY due LIMIT ${most - found.length}`
      for (const row of rows) {
        const { forced, maybeThere, ...noted } = yield* decodeRow(row)
        found.push({ ...noted, isMaybeThere: maybeThere === 1, isForced: forced === 1 })
      }
    }
    return found
  })

  /** Before a write: until its outcome is known, Firestore may have the old document, the new one or none. */
  const noteAttempt = (paths: ReadonlyArray<string>) =>
    bulk.runMany(
      `UPDATE firestore_documents SET digest = NULL, maybe_there = 1 WHERE path = ?`,
      paths.map(path => [path])
    )

  /** A change that came in between is looked at again, after the interval. */
  const record = Effect.fnUntraced(function* (
    noted: ReadonlyArray<Noted>,
    verdicts: ReadonlyMap<string, Verdict>,
    digests: ReadonlyMap<string, Uint8Array>
  ) {
    const now = yield* Clock.currentTimeMillis
    const again = now + SHORTEST_INTERVAL_MS
    const forget: Array<ReadonlyArray<unknown>> = []
    const keep: Array<ReadonlyArray<unknown>> = []
    const retry: Array<ReadonlyArray<unknown>> = []
    const refuse: Array<ReadonlyArray<unknown>> = []
    for (const { attempts, digest, path, version } of noted) {
      const verdict = verdicts.get(path)
      switch (verdict?.is) {
        case undefined:
          break
        case 'written':
          keep.push([path, version, digests.get(path) ?? null, 1, now, again])
          break
        case 'same':
          keep.push([path, version, digest, 1, null, again])
          break
        case 'deleted':
        case 'never there':
          forget.push([path, version])
          keep.push([path, -1, null, 0, now, again])
          break
        case 'later':
        case 'no access':
          retry.push([path, now + Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(attempts, 6))])
          break
        case 'refused':
        case 'unreadable':
          refuse.push([path, version, verdict.reason])
          break
      }
    }
    yield* Effect.all([
      bulk.runMany(`DELETE FROM firestore_documents WHERE path = ? AND version = ?`, forget),
      bulk.runMany(
        `UPDATE firestore_documents SET digest = ?3, maybe_there = ?4, written_at = COALESCE(?5, written_at),
          attempts = 0, refused = NULL, forced = CASE WHEN version = ?2 THEN 0 ELSE forced END,
          due = CASE WHEN version = ?2 THEN NULL ELSE ?6 END WHERE path = ?1`,
        keep
      ),
      bulk.runMany(`UPDATE firestore_documents SET attempts = attempts + 1, due = ?2 WHERE path = ?1`, retry),
      bulk.runMany(
        `UPDATE firestore_documents SET refused = ?3, due = CASE WHEN version = ?2 THEN NULL ELSE due END WHERE path = ?1`,
        refuse
      )
    ]).pipe(sql.withTransaction)
  })

  /** What was put off because Firestore took nothing need not wait any longer. */
  const hurry = Effect.flatMap(
    Clock.currentTimeMillis,
    now => sql`UPDATE firestore_documents SET due = ${now} WHERE due > ${now} AND attempts > 0`
  )

  /** What was refused may be taken now: by another version of this server, or under other limits. */
  const retryRefused = Effect.flatMap(
    Clock.currentTimeMillis,
    now => sql`UPDATE firestore_documents SET due = ${now} WHERE refused IS NOT NULL AND due IS NULL`
  )

  const counts = Effect.map(
    sql<{
      waiting: number
      since: number | null
      refused: number
    }>`SELECT COUNT(*) AS waiting, MIN(noted_at) AS since,
        (SELECT COUNT(*) FROM firestore_documents WHERE refused IS NOT NULL) AS refused
      FROM firestore_documents WHERE due IS NOT NULL`,
    ([row]) => ({ waiting: row?.waiting ?? 0, waitingSince: row?.since ?? null, refused: row?.refused ?? 0 })
  )

  return { due, noteAttempt, record, hurry, retryRefused, counts }
})
