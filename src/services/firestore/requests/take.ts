// Takes one document in `outbox`: it becomes an entry of the outbox, or is rejected with the field that is wrong.
import { Effect } from 'effect'
import { SqlClient } from 'effect/sql'
import type { QueryDocumentSnapshot } from 'firebase-admin/firestore'
import { AccountNotFound } from '../../accounts.ts'
import { AccountStore } from '../../conversations/account-store.ts'
import { asDatabaseError, type DatabaseError } from '../../database/error.ts'
import { type AccountNotLinked, type IdempotencyConflict, RequestRefused } from '../../outbox/errors.ts'
import { Outbox } from '../../outbox/outbox.ts'
import { checkLinked } from '../../outbox/submit.ts'
import { type FirestoreError, reading } from '../error.ts'
import { FirestoreDatabase } from '../publish/database.ts'
import type { DocumentWrites, Rejection, Version } from './document-writes.ts'
import { requestOf } from './outbox-request.ts'

type Refusal = AccountNotFound | AccountNotLinked | IdempotencyConflict | RequestRefused

/** Rejects the document for what the outbox refuses. `version` is the one that is ours to answer. */
const rejecting = <R>(
  writes: DocumentWrites,
  document: QueryDocumentSnapshot,
  version: Version,
  work: Effect.Effect<void, DatabaseError | FirestoreError | Refusal, R>
) => {
  const reject = (rejection: Rejection) => writes.reject(document, version, rejection)
  return Effect.catchTags(work, {
    RequestRefused: reject,
    AccountNotFound: () => reject({ field: 'accountId', reason: 'There is no such account' }),
    AccountNotLinked: () =>
      reject({
        field: 'accountId',
        reason: 'The account is not linked to a phone, so nothing can be sent'
      }),
    IdempotencyConflict: () =>
      reject({ field: 'clientMessageId', reason: 'It was used for another message within 24 hours' })
  })
}

const isAccepted = Effect.fnUntraced(function* (documentId: string) {
  const sql = yield* SqlClient.SqlClient
  const rows = yield* sql`SELECT 1 FROM outbox WHERE document_id = ${documentId}`
  return rows.length > 0
}, asDatabaseError('looking for the entry of a document'))

/** Has the document published as it is, also if nothing of its entry has changed. */
const publishAgain = Effect.fnUntraced(function* (documentId: string) {
  const sql = yield* SqlClient.SqlClient
  yield* sql`UPDATE firestore_documents SET forced = 1, version = version + 1, due = 0, noted_at = COALESCE(noted_at, 0)
    WHERE path = ${`outbox/${documentId}`}`
}, asDatabaseError('publishing a document again'))

/** Whether another server has published this account. */
const isPublishedElsewhere = Effect.fnUntraced(function* (accountId: string) {
  if (!/^[\w-]{1,100}$/.test(accountId)) return false
  const database = yield* FirestoreDatabase
  const published = yield* reading('reading an account', () => database.doc(`accounts/${accountId}`).get())
  return published.exists
})

/** Whether the document is for this server. What nobody could send is refused before anybody claims it. */
const isForThisServer = Effect.fnUntraced(function* (document: QueryDocumentSnapshot) {
  const accounts = yield* AccountStore
  const named: unknown = document.get('accountId')
  const accountId = typeof named === 'string' ? named : ''
  const account = yield* accounts.read(accountId)
  if (account === undefined) {
    if (yield* isPublishedElsewhere(accountId)) return false
    return yield* new AccountNotFound({ accountId })
  }
  // Another program serves the account at present: the request waits for the server that does so next.
  if (account.ended === 'replaced') return false
  yield* checkLinked(account)
  yield* requestOf(document)
  return true
})

/** While a claimed document waited for its turn, it may have been answered. */
const isStillClaimed = Effect.fnUntraced(function* (writes: DocumentWrites, document: QueryDocumentSnapshot) {
  const latest = yield* reading('reading a document of the outbox', () => document.ref.get())
  return latest.get('status') === 'claimed' && writes.claimOf(latest) === 'here'
})

/** Makes an entry of a document that this server has claimed. */
const submit = Effect.fnUntraced(function* (document: QueryDocumentSnapshot) {
  const outbox = yield* Outbox
  const { accountId, request } = yield* requestOf(document)
  const { documentId, entryId } = yield* outbox.submit({
    accountId,
    request,
    idempotencyKey: request.idempotencyKey,
    askedAt: document.createTime.toMillis(),
    documentId: document.id
  })
  if (documentId === document.id) return
  return yield* new RequestRefused({
    field: 'clientMessageId',
    reason: `It was used before, for the entry ${documentId ?? entryId}`
  })
})

const takeNew = Effect.fnUntraced(function* (writes: DocumentWrites, document: QueryDocumentSnapshot) {
  if (!(yield* isForThisServer(document))) return
  if (writes.claimOf(document) === 'here' && !(yield* isStillClaimed(writes, document))) return
  const version = yield* writes
    .claim(document)
    .pipe(
      Effect.catchTag(
        'TooLarge',
        () => new RequestRefused({ field: 'content', reason: 'The document is too large to be answered' })
      )
    )
  if (version !== undefined) yield* rejecting(writes, document, version, submit(document))
})

export const take = Effect.fn('OutboxDocuments.take')(function* (
  writes: DocumentWrites,
  document: QueryDocumentSnapshot
) {
  if (yield* isAccepted(document.id)) {
    if (document.get('content') === undefined) return
    // Written once more after it was accepted: what it says now is not sent.
    yield* writes.dropContent(document)
    yield* publishAgain(document.id)
  } else if (writes.claimOf(document) !== 'elsewhere') {
    yield* rejecting(writes, document, document.updateTime, takeNew(writes, document))
  }
})
