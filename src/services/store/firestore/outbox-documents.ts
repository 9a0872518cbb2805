// Documents that applications put into `outbox` become entries of the outbox. A document that still has its `content` is
// a request nobody has taken: whoever takes it moves the content in the same write, on condition that nobody else did.
import { createHash, randomUUID } from 'node:crypto'
import {
  Cause,
  Context,
  Effect,
  Layer,
  Queue,
  Schedule,
  Schema,
  SchemaIssue,
  Semaphore,
  Stream
} from 'effect'
import { SqlClient } from 'effect/sql'
import type { DocumentSnapshot, QueryDocumentSnapshot } from 'firebase-admin/firestore'
import { makeComposer, RequestRefused } from '../../send/composer.ts'
import type { Attachments } from '../../send/attachments.ts'
import { type IdempotencyConflict, Outbox } from '../../send/outbox.ts'
import { SendRequest } from '../../send/request.ts'
import { Store, StoreError } from '../store.ts'
import { FirestoreDatabase } from './database.ts'

export interface OutboxDocumentsOptions {
  /** How often it is looked for what the listener was not told of, in milliseconds. */
  readonly sweepMs: number
}

export class OutboxDocuments extends Context.Service<
  OutboxDocuments,
  {
    /** Takes what waits in Firestore now; answers how many documents it looked at. */
    readonly sweep: Effect.Effect<number, StoreError>
    /** Never ends: listens, and sweeps now and then. */
    readonly loop: Effect.Effect<never>
  }
>()('backscroll/services/store/firestore/OutboxDocuments') {
  static layer(
    options: OutboxDocumentsOptions
  ): Layer.Layer<
    OutboxDocuments,
    StoreError,
    FirestoreDatabase | SqlClient.SqlClient | Store | Outbox | Attachments
  > {
    return Layer.effect(OutboxDocuments, makeOutboxDocuments(options))
  }
}

const LISTEN_AGAIN_MS = 5000
/** gRPC: somebody else has changed the document meanwhile, or it is gone. */
const TAKEN_BY_OTHERS = new Set([5, 9])
const SERVER_ID = 'server id'

/** What an application writes; other fields are its own affair. */
const Asked = Schema.Struct({
  accountId: Schema.String.check(Schema.isMinLength(1), Schema.isMaxLength(100)),
  content: Schema.Record(Schema.String, Schema.Unknown),
  clientMessageId: Schema.optionalKey(Schema.String),
  to: Schema.optionalKey(Schema.String),
  threadId: Schema.optionalKey(Schema.String),
  sendAt: Schema.optionalKey(Schema.Unknown),
  expiresAt: Schema.optionalKey(Schema.Unknown)
})
const decodeAsked = Schema.decodeUnknownEffect(Asked)
const decodeRequest = Schema.decodeUnknownEffect(SendRequest, { onExcessProperty: 'error' })
const issuesOf = SchemaIssue.makeFormatterStandardSchemaV1()

/** The first field that does not fit. */
const unfit = ({ issue }: Schema.SchemaError): RequestRefused => {
  const [first] = issuesOf(issue).issues
  const path = (first?.path ?? []).map(part => String(typeof part === 'object' ? part.key : part))
  return new RequestRefused({
    field: path.join('.') || 'content',
    reason: first?.message ?? 'Expected a message'
  })
}

/** A time as Firestore has it becomes one as the API has it. */
const plainTime = (value: unknown): unknown =>
  typeof value === 'object' && value !== null && 'toMillis' in value && typeof value.toMillis === 'function'
    ? value.toMillis()
    : value

const codeOf = (error: unknown): number | undefined =>
  typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'number'
    ? error.code
    : undefined

/** Why a document was not taken. */
type Reason = { readonly field: string; readonly reason: string }

const makeOutboxDocuments = ({ sweepMs }: OutboxDocumentsOptions) =>
  Effect.gen(function* () {
    const database = yield* FirestoreDatabase
    const sql = yield* SqlClient.SqlClient
    const store = yield* Store
    const outbox = yield* Outbox
    const composer = yield* makeComposer

    const pen = yield* Semaphore.make(1)

    const failed = (operation: string) => (cause: unknown) => new StoreError({ operation, cause })
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

    /** Writes on condition that the document is what we read; answers whether it was. */
    const change = (document: QueryDocumentSnapshot, fields: Readonly<Record<string, unknown>>) =>
      Effect.tryPromise({
        try: async () => {
          try {
            await document.ref.update(fields, { lastUpdateTime: document.updateTime })
            return true
          } catch (error) {
            const code = codeOf(error)
            if (code !== undefined && TAKEN_BY_OTHERS.has(code)) return false
            throw error
          }
        },
        catch: failed('answering a document of the outbox')
      })

    const reject = (document: QueryDocumentSnapshot, { field, reason }: Reason) =>
      Effect.asVoid(
        change(document, {
          status: 'rejected',
          reason: `${field}: ${reason}`,
          field,
          ...moved(document)
        })
      )

    /** The content goes where it asks for nothing any more. */
    const moved = (document: DocumentSnapshot) =>
      document.get('content') === undefined
        ? {}
        : { content: FieldValue.delete(), payload: document.get('content') }

    const requestOf = Effect.fnUntraced(function* (document: DocumentSnapshot) {
      const data = document.data() ?? {}
      const asked = yield* decodeAsked({ ...data, content: data['content'] ?? data['payload'] })
      const { accountId, clientMessageId, content, expiresAt, sendAt, threadId, to } = asked
      const request = yield* decodeRequest({
        ...content,
        ...(to === undefined ? {} : { to }),
        ...(threadId === undefined ? {} : { threadId }),
        ...(sendAt === undefined ? {} : { sendAt: plainTime(sendAt) }),
        ...(expiresAt === undefined ? {} : { expiresAt: plainTime(expiresAt) }),
        ...(clientMessageId === undefined ? {} : { idempotencyKey: clientMessageId })
      })
      return { accountId, request }
    }, Effect.mapError(unfit))

    /** Whether the account is this server's; of another server's nothing is touched. */
    const owner = Effect.fnUntraced(function* (accountId: string) {
      const record = yield* store.readAccount(accountId)
      if (record !== undefined) return record
      if (accountId === '' || accountId.includes('/')) return 'nobody' as const
      const shown = yield* tried('reading an account', () => database.doc(`accounts/${accountId}`).get())
      return shown.exists ? ('another server' as const) : ('nobody' as const)
    })

    const isAccepted = (documentId: string) =>
      Effect.map(sql`SELECT 1 FROM outbox WHERE document_id = ${documentId}`, rows => rows.length > 0)

    /** A document that was taken long ago and written once more by its application is shown as it is. */
    const showAgain = (documentId: string) =>
      sql`UPDATE firestore_documents SET digest = NULL, version = version + 1, due = 0
        WHERE path = ${`outbox/${documentId}`}`

    /** From here on it is ours: what could not be finished before a crash is found by its claim. */
    const accept = Effect.fnUntraced(function* (document: QueryDocumentSnapshot) {
      const { accountId, request } = yield* requestOf(document)
      const { attachment, fingerprint } = yield* composer.identify(request)
      const composed = yield* composer.compose(accountId, request, attachment)
      return { ...composed, fingerprint, idempotencyKey: request.idempotencyKey, documentId: document.id }
    })

    const enter = Effect.fnUntraced(function* (
      document: QueryDocumentSnapshot,
      request: Effect.Success<ReturnType<typeof accept>>
    ) {
      const accepted = yield* outbox.accept(request)
      const [row] = yield* sql<{ id: string | null }>`SELECT document_id AS id FROM outbox
        WHERE account_id = ${request.accountId} AND whatsapp_id = ${accepted.entryId}`
      if (row?.id === document.id) return
      const reason = `It was used before, for the entry ${row?.id ?? accepted.entryId}`
      const latest = yield* tried('reading a document of the outbox', () => document.ref.get())
      if (isThere(latest)) yield* reject(latest, { field: 'clientMessageId', reason })
    })

    const take = Effect.fn('OutboxDocuments.take')(function* (document: QueryDocumentSnapshot) {
      if (yield* isAccepted(document.id)) {
        if (document.get('content') === undefined) return
        yield* change(document, moved(document))
        yield* showAgain(document.id)
        return
      }
      const accountId: unknown = document.get('accountId')
      const record = yield* owner(typeof accountId === 'string' ? accountId : '')
      if (record === 'another server') return
      if (record === 'nobody') {
        return yield* reject(document, { field: 'accountId', reason: 'There is no such account' })
      }
      if (record.jid === null || record.ended === 'loggedOut') {
        return yield* reject(document, {
          field: 'accountId',
          reason: 'The account is not linked to a phone, so nothing can be sent'
        })
      }
      // Another program serves the account at present: what is asked for waits for whoever does so next.
      if (record.ended === 'replaced') return
      const request = yield* accept(document)
      const isOurs =
        document.get('status') === 'claimed' ||
        (yield* change(document, {
          ...moved(document),
          status: 'claimed',
          claimedBy: serverId,
          reason: null
        }))
      if (isOurs) yield* enter(document, request)
    })

    /** Bad ones are answered; what fails otherwise stays as it is and is found again. */
    const handle = (document: QueryDocumentSnapshot) =>
      take(document).pipe(
        Effect.catchTags({
          RequestRefused: refused => reject(document, refused),
          IdempotencyConflict: (_: IdempotencyConflict) =>
            Effect.flatMap(
              tried('reading a document of the outbox', () => document.ref.get()),
              latest =>
                isThere(latest)
                  ? reject(latest, {
                      field: 'clientMessageId',
                      reason: 'It was used for another message within 24 hours'
                    })
                  : Effect.void
            )
        }),
        Effect.catch(error => Effect.logWarning('A document of the outbox waits to be taken', error)),
        Effect.annotateLogs({ document: digest(document.id) }),
        // One after the other: the listener and the sweep may both have found it, and a thread's entries keep their order.
        work => pen.withPermit(work)
      )

    const inOrder = (documents: ReadonlyArray<QueryDocumentSnapshot>) =>
      documents.toSorted((a, b) => a.createTime.valueOf().localeCompare(b.createTime.valueOf()))

    const handleAll = (documents: ReadonlyArray<QueryDocumentSnapshot>) =>
      Effect.forEach(inOrder(documents), handle, { discard: true })

    const sweep = Effect.gen(function* () {
      const open = yield* tried('looking for messages to be sent', () => requests.get())
      const unfinished = yield* tried('looking for messages to be sent', () => claimed.get())
      const found = [...unfinished.docs, ...open.docs]
      yield* handleAll(found)
      return found.length
    })

    const news = Stream.callback<ReadonlyArray<QueryDocumentSnapshot>, StoreError>(queue =>
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

    const listen = Stream.runForEach(news, handleAll).pipe(
      Effect.catch(error => Effect.logWarning('The outbox in Firestore cannot be listened to', error)),
      Effect.andThen(Effect.sleep(LISTEN_AGAIN_MS)),
      Effect.forever
    )
    const sweeping = sweep.pipe(
      Effect.catch(error => Effect.logWarning('The outbox in Firestore cannot be read', error)),
      Effect.repeat(Schedule.spaced(sweepMs)),
      Effect.forever
    )
    return OutboxDocuments.of({
      sweep,
      loop: Effect.andThen(Effect.all([listen, sweeping], { concurrency: 'unbounded' }), Effect.never)
    })
  })

const isThere = (document: DocumentSnapshot): document is QueryDocumentSnapshot => document.exists

/** Names a document in the log. */
const digest = (id: string): string => createHash('sha256').update(id).digest('base64url').slice(0, 12)
