// Documents that applications put into `outbox` become entries of the outbox. A document that still has its `content` is
// a request nobody has taken: whoever takes it moves the content in the same write, on condition that nobody else did.
import { randomUUID } from 'node:crypto'
import { Cause, Context, Effect, Layer, Queue, Schedule, Schema, Semaphore, Stream } from 'effect'
import { SqlClient } from 'effect/sql'
import type { DocumentReference, DocumentSnapshot, QueryDocumentSnapshot } from 'firebase-admin/firestore'
import { digestOf } from '../../../domain/ids.ts'
import { Incidents, type IncidentReport } from '../../incidents/incidents.ts'
import { makeComposer, RequestRefused } from '../../outbox/composer.ts'
import type { Attachments } from '../../outbox/attachments.ts'
import { IdempotencyConflict, Outbox } from '../../outbox/outbox.ts'
import { DatabaseError } from '../../database/error.ts'
import { Store } from '../../conversations/store.ts'
import { FirestoreDatabase } from '../publish/database.ts'
import { FAILED_PRECONDITION, grpcCodeOf, INVALID_ARGUMENT, NOT_FOUND } from '../publish/errors.ts'
import { accessRefused } from '../publish/incident-reports.ts'
import { requestOf } from './outbox-request.ts'
import { outcomeOf } from '../publish/writing.ts'

export interface OutboxDocumentsOptions {
  /** How often it is looked for what the listener was not told of, in milliseconds. */
  readonly sweepMs: number
}

export class OutboxDocuments extends Context.Service<
  OutboxDocuments,
  {
    /** Takes what waits in Firestore now; answers how many documents it looked at. */
    readonly sweep: Effect.Effect<number, DatabaseError>
    /** Never ends: listens, and sweeps now and then. */
    readonly loop: Effect.Effect<never>
  }
>()('backscroll/services/firestore/OutboxDocuments') {
  static layer(
    options: OutboxDocumentsOptions
  ): Layer.Layer<
    OutboxDocuments,
    DatabaseError,
    FirestoreDatabase | SqlClient.SqlClient | Store | Outbox | Attachments | Incidents
  > {
    return Layer.effect(OutboxDocuments, makeOutboxDocuments(options))
  }
}

/** With what a write would add, the document is larger than Firestore takes. */
class TooLarge extends Schema.TaggedError<TooLarge>()('TooLarge', {}) {}

const LISTEN_AGAIN_MS = 5000
const SWEEP_AGAIN_MS = 5000
/** Together about half a minute. */
const RETRIES_IN_TURN = 7
const SERVER_ID = 'server id'

/** Why a document was not taken. */
type Reason = Pick<RequestRefused, 'field' | 'reason'>

/** The time of the version that a write has to find, or made. */
type Version = QueryDocumentSnapshot['updateTime']

const unanswerable = (document: QueryDocumentSnapshot): IncidentReport => ({
  accountId: null,
  kind: 'firestore.refused',
  severity: 'warning',
  subject: `outbox ${digestOf(document.id)}`,
  happened: 'A document in outbox is so large that it cannot even be answered',
  did: 'It is left as it is, and nothing of it is sent',
  advice: 'Remove it, and keep the documents of your application below 1 MB'
})

/** One after the other for each account, in the order in which they are asked for; forgotten when nobody waits. */
const makeTurns = () => {
  const turns = new Map<string, { readonly pen: Semaphore.Semaphore; users: number }>()
  return <A, E, R>(accountId: string, work: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    Effect.suspend(() => {
      const turn = turns.get(accountId) ?? { pen: Semaphore.makeUnsafe(1), users: 0 }
      turns.set(accountId, turn)
      turn.users += 1
      const leave = Effect.sync(() => {
        turn.users -= 1
        if (turn.users === 0) turns.delete(accountId)
      })
      return Effect.ensuring(turn.pen.withPermit(work), leave)
    })
}

const makeOutboxDocuments = ({ sweepMs }: OutboxDocumentsOptions) =>
  Effect.gen(function* () {
    const database = yield* FirestoreDatabase
    const sql = yield* SqlClient.SqlClient
    const store = yield* Store
    const outbox = yield* Outbox
    const incidents = yield* Incidents
    const composer = yield* makeComposer
    const scope = yield* Effect.scope
    const inTurn = makeTurns()

    const failed = (operation: string) => (cause: unknown) => new DatabaseError({ operation, cause })
    const tried = <A>(operation: string, work: () => Promise<A>) =>
      Effect.tryPromise({ try: work, catch: failed(operation) })

    const [known] = yield* sql<{ value: string }>`INSERT INTO firestore_notes (name, value)
      VALUES (${SERVER_ID}, ${randomUUID()}) ON CONFLICT (name) DO UPDATE SET value = value RETURNING value`.pipe(
      Effect.mapError(failed('naming this server'))
    )
    const serverId = known?.value ?? ''

    const { FieldValue } = yield* tried('loading the client', () => import('firebase-admin/firestore'))
    const requests = database.collection('outbox').orderBy('content')
    const claimed = database
      .collection('outbox')
      .where('claimedBy', '==', serverId)
      .where('status', '==', 'claimed')

    /** Writes on condition that the document is of this version; answers the new one, or `undefined` when it was another. */
    const change = (
      document: DocumentReference,
      version: Version,
      fields: Readonly<Record<string, unknown>>
    ) =>
      Effect.tryPromise({
        try: async (): Promise<Version | undefined> => {
          try {
            return (await document.update(fields, { lastUpdateTime: version })).writeTime
          } catch (error) {
            const code = grpcCodeOf(error)
            if (code === NOT_FOUND || code === FAILED_PRECONDITION) return undefined
            throw error
          }
        },
        catch: cause =>
          grpcCodeOf(cause) === INVALID_ARGUMENT
            ? new TooLarge({})
            : failed('answering a document of the outbox')(cause)
      })

    /** The content goes where it asks for nothing any more. */
    const moved = (document: DocumentSnapshot) => {
      const content: unknown = document.get('content')
      return content === undefined ? {} : { content: FieldValue.delete(), payload: content }
    }

    const reject = (document: QueryDocumentSnapshot, version: Version, { field, reason }: Reason) => {
      const answer = { status: 'rejected', reason: `${field}: ${reason}`, field }
      const without = { ...answer, content: FieldValue.delete(), payload: FieldValue.delete() }
      return change(document.ref, version, { ...answer, ...moved(document) }).pipe(
        // A document that is as large as one may be has no room for an answer beside its content.
        Effect.catchTag('TooLarge', () => change(document.ref, version, without)),
        // Its other fields alone leave no room.
        Effect.catchTag('TooLarge', () => incidents.report(unanswerable(document))),
        Effect.asVoid
      )
    }

    /** Whose the account is; of another server's nothing is touched. */
    const owner = Effect.fnUntraced(function* (accountId: string) {
      const record = yield* store.readAccount(accountId)
      if (record !== undefined) return record
      if (!/^[\w-]{1,100}$/.test(accountId)) return 'nobody' as const
      const shown = yield* tried('reading an account', () => database.doc(`accounts/${accountId}`).get())
      return shown.exists ? ('another server' as const) : ('nobody' as const)
    })

    const isAccepted = (documentId: string) =>
      Effect.map(sql`SELECT 1 FROM outbox WHERE document_id = ${documentId}`, rows => rows.length > 0)

    /** A document that was taken long ago and written once more by its application is shown as it is. */
    const showAgain = (documentId: string) =>
      sql`UPDATE firestore_documents SET forced = 1, version = version + 1, due = 0, noted_at = COALESCE(noted_at, 0)
        WHERE path = ${`outbox/${documentId}`}`

    /** Makes an entry of a document that is ours. */
    const enter = Effect.fnUntraced(function* (document: QueryDocumentSnapshot) {
      const { accountId, request } = yield* requestOf(document)
      const { attachment, fingerprint } = yield* composer.identify(request)
      const composed = yield* composer.compose(accountId, request, attachment, document.createTime.toMillis())
      const { idempotencyKey } = request
      const accepted = yield* outbox.accept({
        ...composed,
        fingerprint,
        idempotencyKey,
        documentId: document.id
      })
      const [row] = yield* sql<{ id: string | null }>`SELECT document_id AS id FROM outbox
        WHERE account_id = ${accountId} AND whatsapp_id = ${accepted.entryId}`
      if (row?.id === document.id) return
      return yield* new RequestRefused({
        field: 'clientMessageId',
        reason: `It was used before, for the entry ${row?.id ?? accepted.entryId}`
      })
    })

    /** Bad requests are answered in the document, of the version that is ours to answer. */
    const answering = <E>(
      document: QueryDocumentSnapshot,
      version: Version,
      work: Effect.Effect<void, E | RequestRefused | IdempotencyConflict>
    ) =>
      work.pipe(
        Effect.catchIf(isRefused, refused => reject(document, version, refused)),
        Effect.catchIf(isConflict, () =>
          reject(document, version, {
            field: 'clientMessageId',
            reason: 'It was used for another message within 24 hours'
          })
        )
      )

    const isClaimedHere = (document: DocumentSnapshot): boolean =>
      document.get('claimedBy') === serverId && document.get('content') === undefined

    /** While it waited for its turn it may have been answered. */
    const isStillClaimed = (document: QueryDocumentSnapshot) =>
      Effect.map(
        tried('reading a document of the outbox', () => document.ref.get()),
        latest => latest.get('status') === 'claimed' && isClaimedHere(latest)
      )

    /** From its claim on a document is ours: what a crash interrupts is found by it. */
    const claim = (document: QueryDocumentSnapshot) =>
      isClaimedHere(document)
        ? Effect.succeed(document.updateTime)
        : change(document.ref, document.updateTime, {
            ...moved(document),
            status: 'claimed',
            claimedBy: serverId,
            reason: null,
            field: null
          })

    const isOthers = (document: QueryDocumentSnapshot): boolean => {
      const claimedBy: unknown = document.get('claimedBy')
      return typeof claimedBy === 'string' && claimedBy !== serverId
    }

    /** Whether it is for this server; what nobody could send is refused before anybody claims it. */
    const isForUs = Effect.fnUntraced(function* (document: QueryDocumentSnapshot) {
      const accountId: unknown = document.get('accountId')
      const record = yield* owner(typeof accountId === 'string' ? accountId : '')
      if (record === 'another server') return false
      if (record === 'nobody') {
        return yield* new RequestRefused({ field: 'accountId', reason: 'There is no such account' })
      }
      // Another program serves the account at present: what is asked for waits for whoever does so next.
      if (record.ended === 'replaced') return false
      if (record.jid === null || record.ended === 'loggedOut') {
        return yield* new RequestRefused({
          field: 'accountId',
          reason: 'The account is not linked to a phone, so nothing can be sent'
        })
      }
      yield* requestOf(document)
      return true
    })

    const takeNew = Effect.fnUntraced(function* (document: QueryDocumentSnapshot) {
      if (!(yield* isForUs(document))) return
      if (isClaimedHere(document) && !(yield* isStillClaimed(document))) return
      const version = yield* Effect.catchTag(claim(document), 'TooLarge', () =>
        Effect.fail(
          new RequestRefused({ field: 'content', reason: 'The document is too large to be answered' })
        )
      )
      if (version !== undefined) yield* answering(document, version, enter(document))
    })

    const take = Effect.fn('OutboxDocuments.take')(function* (document: QueryDocumentSnapshot) {
      if (yield* isAccepted(document.id)) {
        if (document.get('content') === undefined) return
        // What it says now was never sent, whatever it says.
        yield* change(document.ref, document.updateTime, { content: FieldValue.delete() })
        yield* showAgain(document.id)
      } else if (!isOthers(document)) {
        yield* answering(document, document.updateTime, takeNew(document))
      }
    })

    /** What fails otherwise stays as it is and is found again. */
    const handle = (document: QueryDocumentSnapshot) => {
      const accountId: unknown = document.get('accountId')
      return inTurn(
        // What names no account stands in one line.
        typeof accountId === 'string' ? accountId : '',
        take(document).pipe(
          // Its turn is kept meanwhile: what was written after it is sent after it.
          Effect.retry({ schedule: Schedule.exponential('250 millis'), times: RETRIES_IN_TURN }),
          Effect.catchCause(cause => Effect.logWarning('A document of the outbox waits to be taken', cause)),
          Effect.annotateLogs({ document: digestOf(document.id) })
        )
      )
    }

    const inOrder = (documents: ReadonlyArray<QueryDocumentSnapshot>) =>
      documents.toSorted((a, b) => a.createTime.valueOf().localeCompare(b.createTime.valueOf()))

    /** Versions of documents that have a place in a turn already. */
    const placed = new Set<string>()

    const placeIn = (document: QueryDocumentSnapshot) => {
      const version = `${document.id} ${document.updateTime.valueOf()}`
      if (placed.has(version)) return Effect.void
      placed.add(version)
      return Effect.ensuring(
        handle(document),
        Effect.sync(() => placed.delete(version))
      )
    }

    /** The accounts side by side: one that waits for a file to be fetched keeps only itself waiting. */
    const handleAll = (documents: ReadonlyArray<QueryDocumentSnapshot>) =>
      Effect.forEach(inOrder(documents), placeIn, { concurrency: 'unbounded', discard: true })

    const find = Effect.gen(function* () {
      const open = yield* tried('looking for messages to be sent', () => requests.get())
      const unfinished = yield* tried('looking for messages to be sent', () => claimed.get())
      return [...unfinished.docs, ...open.docs]
    })
    const sweep = Effect.flatMap(find, found => Effect.as(handleAll(found), found.length))

    const news = Stream.callback<ReadonlyArray<QueryDocumentSnapshot>, DatabaseError>(queue =>
      Effect.acquireRelease(
        Effect.sync(() =>
          requests.onSnapshot(
            snapshot => {
              const documents = snapshot
                .docChanges()
                .flatMap(({ doc, type }) => (type === 'removed' ? [] : [doc]))
              if (documents.length > 0) Queue.offerUnsafe(queue, documents)
            },
            error => void Queue.failCauseUnsafe(queue, Cause.fail(failed('listening to the outbox')(error)))
          )
        ),
        stop => Effect.sync(stop)
      )
    )

    // What came later must not wait for what is slow: only its own account's turn does.
    const listen = Stream.runForEach(news, documents => Effect.forkIn(handleAll(documents), scope)).pipe(
      Effect.catch(error => Effect.logDebug('The outbox in Firestore cannot be listened to', error)),
      Effect.andThen(Effect.sleep(LISTEN_AGAIN_MS)),
      Effect.forever
    )
    let isTold = false
    const noAccess = (error: DatabaseError) =>
      Effect.suspend(() => {
        const outcome = outcomeOf(error.cause)
        if (outcome.is !== 'no access' || isTold) return Effect.void
        isTold = true
        return incidents.report(accessRefused('read', outcome.reason))
      })
    /** Until it succeeds: what a crash interrupted comes before what was written after it. */
    const swept: Effect.Effect<void> = Effect.matchEffect(find, {
      onSuccess: found => {
        isTold = false
        return Effect.asVoid(Effect.forkIn(handleAll(found), scope))
      },
      onFailure: error =>
        noAccess(error).pipe(
          Effect.andThen(Effect.logDebug('The outbox in Firestore cannot be read', error)),
          Effect.andThen(Effect.sleep(Math.min(sweepMs, SWEEP_AGAIN_MS))),
          Effect.andThen(Effect.suspend(() => swept))
        )
    })
    const sweeping = Effect.forever(Effect.andThen(Effect.sleep(sweepMs), swept))
    return OutboxDocuments.of({
      sweep,
      loop: swept.pipe(
        Effect.andThen(Effect.all([listen, sweeping], { concurrency: 'unbounded' })),
        Effect.andThen(Effect.never)
      )
    })
  })

const isRefused = (error: unknown): error is RequestRefused => error instanceof RequestRefused
const isConflict = (error: unknown): error is IdempotencyConflict => error instanceof IdempotencyConflict
