// Brings documents to Firestore: each once per real change, at most once a second, news before history. What waits is
// written down, so that neither a crash nor an hour without Firestore loses any of it.
import { Clock, Context, Effect, Layer } from 'effect'
import { SqlClient } from 'effect/sql'
import type { BulkWriter, Firestore } from 'firebase-admin/firestore'
import { threadDigest } from '../../../domain/ids.ts'
import type { PublishingStatus } from '../../../domain/publishing.ts'
import { Incidents, type News } from '../../observe/incidents.ts'
import { countFirestore } from '../../observe/metrics.ts'
import { SqlBulk } from '../../sql/node-sqlite.ts'
import { StoreError } from '../store.ts'
import { makeComposer } from './compose.ts'
import { FirestoreDatabase } from './database.ts'
import { digestOf, type Fields, LARGE, sizeOf } from './document.ts'
import { placeOf } from './paths.ts'
import { SHORTEST_INTERVAL_MS } from './tracking.ts'

export interface PublisherOptions {
  /** Begin with 500 writes a second and rise by half every five minutes, as Google asks of new collections. */
  readonly rampUp: boolean
}

export class Publisher extends Context.Service<
  Publisher,
  {
    readonly status: Effect.Effect<PublishingStatus, StoreError>
    /** Writes what is due, up to some hundred documents; answers how many it looked at. */
    readonly runOnce: Effect.Effect<number, StoreError>
    /** Never ends. */
    readonly loop: Effect.Effect<never>
  }
>()('backscroll/services/store/firestore/Publisher') {
  static layer(
    options: PublisherOptions
  ): Layer.Layer<Publisher, never, FirestoreDatabase | SqlClient.SqlClient | SqlBulk | Incidents> {
    return Layer.effect(Publisher, makePublisher(options))
  }
}

/** Documents that are looked at together. */
const ROUND = 500
/** Large documents that fit into one request of 10 MiB. */
const LARGE_TOGETHER = 8
const IDLE_MS = 100
const LONGEST_PAUSE_MS = 60_000
/** After so long without a write a person is told. */
const UNREACHABLE_MS = 60_000
const LOOK_MS = 5000
const QUICK_RETRIES = 3

/** gRPC's codes for what passes by itself: cancelled, unknown, deadline, exhausted, aborted, internal, unavailable. */
const PASSING = new Set([1, 2, 4, 8, 10, 13, 14])
/** Not about a document but about this server's access: not found, denied, precondition, unimplemented, unauthenticated. */
const OF_ACCESS = new Set([5, 7, 9, 12, 16])

interface Noted {
  readonly path: string
  readonly version: number
  readonly digest: Uint8Array | null
  readonly attempts: number
}

type Outcome =
  | { readonly is: 'same' | 'never there' }
  | { readonly is: 'written'; readonly digest: Uint8Array }
  | { readonly is: 'deleted' }
  | { readonly is: 'later' | 'refused' | 'no access'; readonly reason: string }

type Task = { readonly noted: Noted; readonly fields: Fields | undefined; readonly digest: Uint8Array | null }

const failureOf = (error: unknown): Outcome => {
  const code =
    typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'number'
      ? error.code
      : undefined
  // Google's words may quote a document's path, and with it a phone number.
  const reason = code === undefined ? 'the client refused the document' : `gRPC status ${code}`
  if (code !== undefined && PASSING.has(code)) return { is: 'later', reason }
  return { is: code !== undefined && OF_ACCESS.has(code) ? 'no access' : 'refused', reason }
}

const isEqual = (a: Uint8Array | null, b: Uint8Array | null): boolean =>
  a === b || (a !== null && b !== null && Buffer.compare(a, b) === 0)

/** Writes the documents of a round and answers what became of each. */
const writeAll = async (
  database: Firestore,
  writer: BulkWriter,
  tasks: ReadonlyArray<Task>
): Promise<Map<string, Outcome>> => {
  const outcomes = new Map<string, Outcome>()
  const write = async ({ digest, fields, noted: { path } }: Task): Promise<void> => {
    try {
      const reference = database.doc(path)
      if (fields === undefined || digest === null) {
        await writer.delete(reference)
        outcomes.set(path, { is: 'deleted' })
      } else {
        // What applications have added to a document stays.
        await writer.set(reference, { ...fields }, { mergeFields: Object.keys(fields) })
        outcomes.set(path, { is: 'written', digest })
      }
    } catch (error) {
      outcomes.set(path, failureOf(error))
    }
  }
  const isLarge = ({ fields }: Task) => fields !== undefined && sizeOf(fields) > LARGE
  const groups = [tasks.filter(task => !isLarge(task))]
  const large = tasks.filter(isLarge)
  for (let at = 0; at < large.length; at += LARGE_TOGETHER) groups.push(large.slice(at, at + LARGE_TOGETHER))
  for (const group of groups) {
    const written = group.map(write)
    await writer.flush()
    await Promise.all(written)
  }
  return outcomes
}

const refusal = (path: string, reason: string): News => {
  const place = placeOf(path)
  const threadId =
    place.collection === 'messages' ? place.threadId : place.collection === 'threads' ? place.id : undefined
  const what = place.collection === 'messages' ? 'a message' : `a document of ${place.collection}`
  return {
    accountId: threadId?.slice(0, threadId.indexOf('__')) ?? null,
    kind: 'firestore.refused',
    severity: 'error',
    subject: threadDigest(path),
    ...(threadId === undefined ? {} : { threadId }),
    ...(place.collection === 'messages' ? { messageId: place.messageId } : {}),
    happened: `Firestore does not take ${what} (${reason})`,
    did: 'It is left as it is in Firestore until it changes here; this server has it, and the HTTP API shows it',
    advice: 'Report it with the version of this server; it is not tried again by itself'
  }
}

const makePublisher = ({ rampUp }: PublisherOptions) =>
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    const bulk = yield* SqlBulk
    const incidents = yield* Incidents
    const database = yield* FirestoreDatabase
    const { compose } = yield* makeComposer
    const writer = yield* Effect.sync(() => database.bulkWriter({ throttling: rampUp }))
    writer.onWriteError(({ code, failedAttempts }) => PASSING.has(code) && failedAttempts < QUICK_RETRIES)

    let trouble: { readonly reason: string; readonly since: number } | undefined
    let pauses = 0
    let lastSuccess = yield* Clock.currentTimeMillis
    let isTold = false

    const due = Effect.fnUntraced(function* (most: number, until: number) {
      const found: Array<Noted> = []
      for (const lane of [0, 1]) {
        if (found.length >= most) break
        found.push(
          ...(yield* sql<Noted>`SELECT path, version, digest, attempts FROM firestore_documents
            WHERE lane = ${lane} AND due <= ${until} ORDER BY due LIMIT ${most - found.length}`)
        )
      }
      return found
    })

    /** What was put off because Firestore took nothing need not wait any longer. */
    const hurry = Effect.flatMap(
      Clock.currentTimeMillis,
      now => sql`UPDATE firestore_documents SET due = ${now} WHERE due > ${now} AND attempts > 0`
    )

    /** A change that came during the write is looked at again, after the interval. */
    const record = Effect.fnUntraced(function* (
      noted: ReadonlyArray<Noted>,
      outcomes: ReadonlyMap<string, Outcome>
    ) {
      const now = yield* Clock.currentTimeMillis
      const again = now + SHORTEST_INTERVAL_MS
      const forget: Array<ReadonlyArray<unknown>> = []
      const keep: Array<ReadonlyArray<unknown>> = []
      const retry: Array<ReadonlyArray<unknown>> = []
      const refuse: Array<ReadonlyArray<unknown>> = []
      for (const { attempts, digest, path, version } of noted) {
        const outcome = outcomes.get(path) ?? { is: 'later', reason: 'unknown' }
        switch (outcome.is) {
          case 'written':
            keep.push([path, version, outcome.digest, now, again])
            break
          case 'same':
            keep.push([path, version, digest, null, again])
            break
          case 'deleted':
          case 'never there':
            forget.push([path, version])
            keep.push([path, -1, null, now, again])
            break
          case 'later':
          case 'no access':
            retry.push([path, now + Math.min(LONGEST_PAUSE_MS, 1000 * 2 ** Math.min(attempts, 6))])
            break
          case 'refused':
            refuse.push([path, version, outcome.reason])
            break
        }
      }
      yield* Effect.all([
        bulk.runMany(`DELETE FROM firestore_documents WHERE path = ? AND version = ?`, forget),
        bulk.runMany(
          `UPDATE firestore_documents SET digest = ?3, written_at = COALESCE(?4, written_at), attempts = 0,
            refused = NULL, due = CASE WHEN version = ?2 THEN NULL ELSE ?5 END WHERE path = ?1`,
          keep
        ),
        bulk.runMany(
          `UPDATE firestore_documents SET attempts = attempts + 1, due = ?2 WHERE path = ?1`,
          retry
        ),
        bulk.runMany(
          `UPDATE firestore_documents SET refused = ?3, due = CASE WHEN version = ?2 THEN NULL ELSE due END WHERE path = ?1`,
          refuse
        )
      ]).pipe(sql.withTransaction)
    })

    const tell = (outcomes: ReadonlyMap<string, Outcome>) =>
      Effect.forEach(
        outcomes,
        ([path, outcome]) =>
          // An incident that is refused would be news of itself for ever.
          outcome.is === 'refused' && placeOf(path).collection !== 'incidents'
            ? incidents.report(refusal(path, outcome.reason))
            : Effect.void,
        { discard: true }
      )

    const noteAccess = Effect.fnUntraced(function* (outcomes: ReadonlyMap<string, Outcome>) {
      const now = yield* Clock.currentTimeMillis
      const all = [...outcomes.values()]
      const closed = all.find(outcome => outcome.is === 'no access')
      if (all.some(({ is }) => is === 'written' || is === 'deleted')) {
        if (isTold) yield* Effect.logInfo('Firestore takes documents again')
        if (trouble !== undefined) yield* hurry
        lastSuccess = now
        isTold = false
        trouble = undefined
        pauses = 0
      } else if (closed !== undefined && 'reason' in closed) {
        trouble ??= { reason: closed.reason, since: now }
        pauses += 1
        if (!isTold) {
          isTold = true
          yield* incidents.report({
            accountId: null,
            kind: 'firestore.noAccess',
            severity: 'error',
            subject: 'access',
            happened: `Firestore does not let this server write (${closed.reason})`,
            did: 'Everything waits in this server’s own database and is written once access is given',
            advice:
              'Check FIREBASE_PROJECT_ID, FIRESTORE_DATABASE and that the service account has the role Cloud Datastore User'
          })
        }
      }
    })

    const runOnce = Effect.gen(function* () {
      // In trouble one document, whenever it is due, shows whether it is over.
      const noted =
        trouble === undefined
          ? yield* due(ROUND, yield* Clock.currentTimeMillis)
          : yield* due(1, Number.MAX_SAFE_INTEGER)
      if (noted.length === 0) return 0
      const documents = yield* compose(noted.map(({ path }) => path))
      const outcomes = new Map<string, Outcome>()
      const tasks: Array<Task> = []
      for (const one of noted) {
        const fields = documents.get(one.path)
        const digest = fields === undefined ? null : digestOf(one.path, fields)
        if (isEqual(digest, one.digest))
          outcomes.set(one.path, { is: digest === null ? 'never there' : 'same' })
        else tasks.push({ noted: one, fields, digest })
      }
      const written = yield* Effect.promise(() => writeAll(database, writer, tasks))
      for (const [path, outcome] of written) outcomes.set(path, outcome)
      yield* record(noted, outcomes)
      yield* countFirestore([...written.values()].map(({ is }) => is))
      yield* tell(written)
      yield* noteAccess(written)
      return noted.length
    }).pipe(Effect.mapError(cause => new StoreError({ operation: 'writing to Firestore', cause })))

    const loop: Effect.Effect<never> = runOnce.pipe(
      Effect.catch(error =>
        Effect.as(Effect.logWarning('What Firestore is to show cannot be read', error), undefined)
      ),
      Effect.flatMap(looked =>
        trouble === undefined
          ? looked === undefined || looked === 0
            ? Effect.sleep(looked === 0 ? IDLE_MS : 1000)
            : Effect.yieldNow
          : Effect.sleep(Math.min(LONGEST_PAUSE_MS, 500 * 2 ** Math.min(pauses, 7)))
      ),
      Effect.forever
    )

    const first = Effect.map(
      sql<{ since: number | null }>`SELECT MIN(due) AS since FROM
        (SELECT MIN(due) AS due FROM firestore_documents WHERE lane = 0 AND due IS NOT NULL
          UNION ALL SELECT MIN(due) FROM firestore_documents WHERE lane = 1 AND due IS NOT NULL)`,
      ([row]) => row?.since ?? null
    )

    /** A client that cannot reach Google waits without a word. */
    const look = Effect.gen(function* () {
      const since = yield* first
      const now = yield* Clock.currentTimeMillis
      if (since === null || now - Math.max(since, lastSuccess) < UNREACHABLE_MS) return
      trouble ??= { reason: 'Firestore does not answer', since: Math.max(since, lastSuccess) }
      if (isTold) return
      isTold = true
      yield* incidents.report({
        accountId: null,
        kind: 'firestore.unreachable',
        severity: 'error',
        subject: 'reach',
        happened: 'Firestore has not answered for a minute',
        did: 'WhatsApp goes on; what applications are to see waits in this server’s own database and is written in order once Firestore answers',
        advice: 'Check the network, and status.cloud.google.com'
      })
    }).pipe(
      Effect.catch(error => Effect.logDebug('It is not known whether Firestore answers', error)),
      Effect.andThen(Effect.sleep(LOOK_MS)),
      Effect.forever
    )

    const status = Effect.gen(function* () {
      const [row] = yield* sql<{ waiting: number; refused: number }>`SELECT
        (SELECT COUNT(*) FROM firestore_documents WHERE due IS NOT NULL) AS waiting,
        (SELECT COUNT(*) FROM firestore_documents WHERE refused IS NOT NULL) AS refused`
      return {
        waiting: row?.waiting ?? 0,
        waitingSince: yield* first,
        refused: row?.refused ?? 0,
        trouble: trouble ?? null
      }
    }).pipe(Effect.mapError(cause => new StoreError({ operation: 'counting what waits', cause })))

    yield* Effect.forkScoped(look)
    return Publisher.of({ status, runOnce, loop })
  })
