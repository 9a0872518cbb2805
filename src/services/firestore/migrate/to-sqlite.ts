// Copies the documents of Firestore into the store here, then compares both sides. What is stored here already stays as it
// is. A thread that was copied is not copied again, so that a copy that was interrupted can be continued.
import { Effect } from 'effect'
import { SqlClient } from 'effect/sql'
import type { QueryDocumentSnapshot } from 'firebase-admin/firestore'
import { SqlBulk } from '../../database/bulk.ts'
import { asDatabaseError } from '../../database/error.ts'
import { composeDocuments } from '../publish/compose.ts'
import { FirestoreDatabase } from '../publish/database.ts'
import { digestOf } from '../publish/document.ts'
import { eachPageOfPaths, markPublished } from '../publish/queue.ts'
import { enqueueEverything } from '../publish/tracking.ts'
import { Comparison } from './comparison.ts'
import { countBoth } from './counts.ts'
import {
  decodeAccountDocument,
  decodeContactDocument,
  decodeIncidentDocument,
  decodeMessageDocument,
  decodeThreadDocument,
  type ThreadDocument
} from './documents.ts'
import { decodeAll, eachPage, messagesOf, ofAccount, PAGE } from './read-documents.ts'
import type { Progress, Report } from './report.ts'
import { storeAccount, storeContacts, storeIncidents, storeMessages, storeThread } from './store-documents.ts'
import { compareRead } from './verification.ts'

/** The copy as far as it has come. */
interface Copy {
  readonly progress: Progress
  /** Messages. */
  copied: number
  unreadable: number
}

/** The documents that this version can read; the others are counted. */
const readable = <A>(
  copy: Copy,
  documents: ReadonlyArray<QueryDocumentSnapshot>,
  decode: Parameters<typeof decodeAll<A>>[1]
) =>
  Effect.map(decodeAll(documents, decode), ({ found, unreadable }) => {
    copy.unreadable += unreadable
    return found
  })

const copyContacts = Effect.fnUntraced(function* (copy: Copy, accountId: string) {
  yield* eachPage(yield* ofAccount('contacts', accountId), undefined, documents =>
    Effect.flatMap(readable(copy, documents, decodeContactDocument), storeContacts)
  )
})

const copyIncidents = Effect.fnUntraced(function* (copy: Copy, accountId: string) {
  yield* eachPage(yield* ofAccount('incidents', accountId), undefined, documents =>
    Effect.flatMap(readable(copy, documents, decodeIncidentDocument), storeIncidents)
  )
})

const copyThread = Effect.fnUntraced(function* (copy: Copy, thread: ThreadDocument) {
  yield* storeThread(thread)
  let copied = 0
  yield* eachPage(yield* messagesOf(thread.threadId), undefined, documents =>
    Effect.gen(function* () {
      yield* storeMessages(thread.accountId, yield* readable(copy, documents, decodeMessageDocument))
      copied += documents.length
    })
  )
  copy.copied += copied
})

/** In `firestore_notes`, followed by the account: the id of the last thread that was copied completely. */
const COPIED_TO = 'copied to'

const copyThreads = Effect.fnUntraced(function* (copy: Copy, accountId: string) {
  const sql = yield* SqlClient.SqlClient
  const note = `${COPIED_TO} ${accountId}`
  const [reached] = yield* sql<{ value: string }>`SELECT value FROM firestore_notes WHERE name = ${note}`
  const copyOne = Effect.fnUntraced(function* (document: QueryDocumentSnapshot) {
    for (const thread of yield* readable(copy, [document], decodeThreadDocument)) {
      yield* copyThread(copy, thread)
    }
    yield* sql`INSERT INTO firestore_notes (name, value) VALUES (${note}, ${document.id})
      ON CONFLICT (name) DO UPDATE SET value = excluded.value`
    copy.progress('messages copied', copy.copied, null)
  })
  yield* eachPage(yield* ofAccount('threads', accountId), reached?.value, documents =>
    Effect.forEach(documents, copyOne, { discard: true })
  )
})

const forgetReached = SqlClient.SqlClient.use(
  sql => sql`DELETE FROM firestore_notes WHERE name LIKE ${`${COPIED_TO} %`}`
)

/** Compares every document of an account in Firestore with what is stored here. */
const compareAccount = Effect.fnUntraced(function* (
  comparison: Comparison,
  account: QueryDocumentSnapshot,
  progress: Progress
) {
  const compare = (documents: ReadonlyArray<QueryDocumentSnapshot>) =>
    Effect.map(
      compareRead(
        comparison,
        documents.map(document => ({ path: document.ref.path, data: document.data() }))
      ),
      () => progress('documents compared', comparison.total, null)
    )
  yield* compare([account])
  for (const collection of ['contacts', 'incidents']) {
    yield* eachPage(yield* ofAccount(collection, account.id), undefined, compare)
  }
  yield* eachPage(yield* ofAccount('threads', account.id), undefined, documents =>
    Effect.gen(function* () {
      yield* compare(documents)
      for (const { id } of documents) yield* eachPage(yield* messagesOf(id), undefined, compare)
    })
  )
})

/** Equal documents need not be written again if this folder publishes to the same Firestore. */
const rememberPublished = Effect.fnUntraced(function* (differing: ReadonlySet<string>) {
  const sql = yield* SqlClient.SqlClient
  const bulk = yield* SqlBulk
  yield* eachPageOfPaths(sql, PAGE, paths =>
    Effect.flatMap(composeDocuments(sql, paths), ({ documents }) =>
      markPublished(
        bulk,
        [...documents]
          .filter(([path]) => !differing.has(path))
          .map(([path, fields]) => [path, digestOf(path, fields)])
      )
    )
  )
})

/** Messages that waited to be sent in the source: their outbox entries are not copied. */
const countNotSent = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const [row] = yield* sql<{ n: number }>`SELECT COUNT(*) AS n FROM messages m WHERE m.status = 'queued'
    AND NOT EXISTS (SELECT 1 FROM outbox o WHERE o.thread_id = m.thread_id AND o.message_id = m.message_id)`
  return row?.n ?? 0
})

/** The documents of the accounts to copy; of all accounts when `only` is empty. */
const readAccounts = Effect.fnUntraced(function* (only: ReadonlyArray<string>) {
  const database = yield* FirestoreDatabase
  const accounts: Array<QueryDocumentSnapshot> = []
  yield* eachPage(database.collection('accounts'), undefined, documents =>
    Effect.sync(() => accounts.push(...documents.filter(({ id }) => only.length === 0 || only.includes(id))))
  )
  return accounts
})

const copyAccounts = Effect.fnUntraced(function* (
  copy: Copy,
  documents: ReadonlyArray<QueryDocumentSnapshot>
) {
  for (const account of yield* readable(copy, documents, decodeAccountDocument)) {
    yield* storeAccount(account)
    yield* copyContacts(copy, account.accountId)
    yield* copyIncidents(copy, account.accountId)
    yield* copyThreads(copy, account.accountId)
  }
})

/** `only`: the ids of the accounts to copy; empty for the whole project. */
export const copyToSqlite = (progress: Progress, only: ReadonlyArray<string>) =>
  Effect.gen(function* () {
    const copy: Copy = { progress, copied: 0, unreadable: 0 }
    const comparison = new Comparison()
    const accounts = yield* readAccounts(only)
    yield* copyAccounts(copy, accounts)
    yield* enqueueEverything
    for (const account of accounts) yield* compareAccount(comparison, account, progress)
    yield* rememberPublished(new Set([...comparison.different, ...comparison.missing]))
    yield* forgetReached
    const { counts, excess } = yield* countBoth(only)
    return {
      from: 'firestore',
      to: 'sqlite',
      counts,
      equal: comparison.equal,
      different: comparison.different.length,
      differing: comparison.differing,
      // Messages of a thread whose document is missing are found by their number only.
      missing: Math.max(comparison.missing.length, excess.there),
      extra: 0,
      truncated: comparison.truncated,
      unreadable: copy.unreadable,
      notSent: yield* countNotSent
    } satisfies Report
  }).pipe(asDatabaseError('copying from Firestore'))
