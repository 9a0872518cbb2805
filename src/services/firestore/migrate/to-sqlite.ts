// Copies what Firestore shows into the store here, then holds both against each other. What is stored here already stays
// as it is; a thread that was copied is not copied again, so whatever ends it half-way, it goes on where it was.
import { Clock, Effect, type Schema } from 'effect'
import { SqlClient } from 'effect/sql'
import { FieldPath, type Query, type QueryDocumentSnapshot } from 'firebase-admin/firestore'
import { phoneNumberOf } from '../../../domain/jid.ts'
import { SqlBulk } from '../../database/bulk.ts'
import { DatabaseError } from '../../database/error.ts'
import { Store } from '../../conversations/store.ts'
import type { MessageWrite } from '../../conversations/writes.ts'
import { makeComposer } from '../publish/compose.ts'
import { FirestoreDatabase } from '../publish/database.ts'
import { digestOf } from '../publish/document.ts'
import { eachPageOfPaths } from '../publish/paths.ts'
import { makeTracking } from '../publish/tracking.ts'
import {
  type AccountDocument,
  decodeAccountDocument,
  decodeContactDocument,
  decodeIncidentDocument,
  decodeMessageDocument,
  decodeThreadDocument,
  type MessageDocument,
  type ThreadDocument
} from './documents.ts'
import type { Progress, Report } from './report.ts'
import { Comparison, makeVerification } from './verification.ts'

const PAGE = 300
/** In `firestore_notes`, with the account: the last thread that was copied whole. */
const COPIED_TO = 'copied to'
/** Behind every message of its second. */
const LAST_ROW = Number.MAX_SAFE_INTEGER

const failed = (cause: unknown) => new DatabaseError({ operation: 'copying from Firestore', cause })

const writeOf = (document: MessageDocument): MessageWrite => {
  const { media, ...message } = document
  if (media === null) return { ...message, media: null, live: false }
  const { fetched, stored, ...described } = media
  // The file itself is not in Firestore: it is fetched when somebody asks for it.
  return {
    ...message,
    media: stored || fetched === null ? described : { ...described, fetched },
    live: false
  }
}

/** `only`: accounts by their ids; none for all of the project. */
export const copyToSqlite = (progress: Progress, only: ReadonlyArray<string>) =>
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    const bulk = yield* SqlBulk
    const store = yield* Store
    const database = yield* FirestoreDatabase
    const { compareRead, counts } = yield* makeVerification
    const { noteAll } = yield* makeTracking
    const { compose } = yield* makeComposer
    let unreadable = 0

    /** Every document of a query, page by page in the order of names. */
    const eachPage = Effect.fnUntraced(function* <E, R>(
      query: Query,
      after: string | undefined,
      work: (documents: ReadonlyArray<QueryDocumentSnapshot>) => Effect.Effect<unknown, E, R>
    ) {
      let from = after
      while (true) {
        const ordered = query.orderBy(FieldPath.documentId()).limit(PAGE)
        const page = yield* Effect.tryPromise({
          try: () => (from === undefined ? ordered : ordered.startAfter(from)).get(),
          catch: failed
        })
        const last = page.docs.at(-1)
        if (last === undefined) return
        yield* work(page.docs)
        from = last.id
      }
    })

    /** Those that can be read. */
    const decoded = <A>(
      documents: ReadonlyArray<QueryDocumentSnapshot>,
      decode: (data: unknown) => Effect.Effect<A, Schema.SchemaError>
    ) =>
      Effect.map(
        Effect.forEach(documents, document => Effect.option(decode(document.data()))),
        all => {
          const found = all.flatMap(one => (one._tag === 'Some' ? [one.value] : []))
          unreadable += all.length - found.length
          return found
        }
      )

    const putAccount = Effect.fnUntraced(function* (account: AccountDocument) {
      if ((yield* store.readAccount(account.accountId)) !== undefined) return
      // Its credentials are not in Firestore: the device is another one, and has to be linked anew.
      const facts = { ...account, onlineAt: null, wanted: false, ended: 'loggedOut' as const }
      yield* store.createAccount(facts)
      yield* store.updateAccount(account.accountId, facts)
    })

    const ofAccount = (collection: string, accountId: string) =>
      database.collection(collection).where('accountId', '==', accountId)

    const contacts = (accountId: string) =>
      eachPage(ofAccount('contacts', accountId), undefined, documents =>
        Effect.flatMap(decoded(documents, decodeContactDocument), found =>
          bulk.runMany(
            `INSERT INTO contacts (account_id, contact_jid, name, push_name) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING`,
            found.map(({ accountId, contactJid, name, pushName }) => [accountId, contactJid, name, pushName])
          )
        )
      )

    const incidents = (accountId: string) =>
      eachPage(ofAccount('incidents', accountId), undefined, documents =>
        Effect.flatMap(decoded(documents, decodeIncidentDocument), found =>
          bulk.runMany(
            `INSERT INTO incidents (incident_id, account_id, kind, severity, subject, happened, did, advice, first_seen_at,
              last_seen_at, count, thread_id, message_id, acknowledged_at)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
            found.map(one => [
              one.incidentId,
              one.accountId,
              one.kind,
              one.severity,
              one.subject,
              one.happened,
              one.did,
              one.advice,
              one.firstSeenAt,
              one.lastSeenAt,
              one.count,
              one.threadId,
              one.messageId,
              one.acknowledgedAt
            ])
          )
        )
      )

    const putMessages = Effect.fnUntraced(function* (
      accountId: string,
      documents: ReadonlyArray<MessageDocument>
    ) {
      const now = yield* Clock.currentTimeMillis
      yield* store.putMessages(accountId, documents.map(writeOf))
      // Of those that were not here before: when they first came, and what they said before they were edited.
      yield* bulk.runMany(
        `UPDATE messages SET ts_server = ?3, edits = COALESCE(edits, ?4)
          WHERE thread_id = ?1 AND message_id = ?2 AND ts_server >= ?5`,
        documents.map(({ edits, messageId, threadId, tsServer }) => [
          threadId,
          messageId,
          tsServer,
          edits.length === 0 ? null : JSON.stringify(edits),
          now
        ])
      )
      yield* store.putReceiptHistory(
        accountId,
        documents.flatMap(({ messageId, receipts, threadId }) =>
          receipts.map(receipt => ({ ...receipt, threadId, messageId }))
        )
      )
    }, sql.withTransaction)

    /** What is known of the thread beside its messages; of one that was here before, nothing is changed. */
    const putThread = Effect.fnUntraced(function* (thread: ThreadDocument) {
      const { accountId, clientJid, coverage, kind, threadId } = thread
      const beginning = coverage.beginningReached
        ? 'reached'
        : coverage.state === 'partial' && coverage.gaps.length === 0
          ? 'more'
          : 'unknown'
      // A number is shown where no name is known.
      const displayName = thread.displayName === `+${phoneNumberOf(clientJid)}` ? null : thread.displayName
      yield* sql`INSERT INTO threads (thread_id, account_id, client_jid, kind, display_name, archived, ephemeral_seconds,
          created_at, pinned_at, muted_until, mark_at, mark_row, mark_base, unread_count)
        VALUES (${threadId}, ${accountId}, ${clientJid}, ${kind}, ${displayName}, ${thread.archived},
          ${thread.ephemeralSeconds}, ${thread.createdAt}, ${thread.pinnedAt}, ${thread.mutedUntil},
          ${thread.lastMessageAt ?? 0}, ${LAST_ROW}, ${thread.unreadCount}, ${thread.unreadCount})`
      yield* sql`INSERT INTO coverage (thread_id, account_id, beginning, refusal, refused_at)
        VALUES (${threadId}, ${accountId}, ${beginning}, ${coverage.lastRefusal?.reason ?? null},
          ${coverage.lastRefusal?.at ?? null}) ON CONFLICT DO NOTHING`
      yield* bulk.runMany(
        `INSERT INTO gaps (gap_id, account_id, thread_id, reason, cause, from_at, to_at, opened_at)
          VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
        coverage.gaps.map(gap => [
          gap.gapId,
          accountId,
          threadId,
          gap.reason,
          `copied ${gap.gapId}`,
          gap.from,
          gap.to,
          gap.openedAt
        ])
      )
      yield* bulk.runMany(
        `INSERT INTO addresses (account_id, jid, person) VALUES (?, ?, ?) ON CONFLICT DO NOTHING`,
        [clientJid, ...thread.aliases].map(jid => [accountId, jid, clientJid])
      )
      yield* store.putPastParticipants(accountId, threadId, thread.pastParticipants)
    }, sql.withTransaction)

    const copyThread = Effect.fnUntraced(function* (thread: ThreadDocument) {
      const { threadId } = thread
      if ((yield* store.readThread(threadId)) === undefined) yield* putThread(thread)
      let copied = 0
      yield* eachPage(database.collection(`threads/${threadId}/messages`), undefined, documents =>
        Effect.gen(function* () {
          const found = yield* decoded(documents, decodeMessageDocument)
          yield* putMessages(thread.accountId, found)
          copied += documents.length
        })
      )
      return copied
    })

    const threads = Effect.fnUntraced(function* (accountId: string) {
      const note = `${COPIED_TO} ${accountId}`
      const [reached] = yield* sql<{ value: string }>`SELECT value FROM firestore_notes WHERE name = ${note}`
      yield* eachPage(ofAccount('threads', accountId), reached?.value, documents =>
        Effect.gen(function* () {
          for (const document of documents) {
            for (const thread of yield* decoded([document], decodeThreadDocument)) {
              copied += yield* copyThread(thread)
            }
            yield* sql`INSERT INTO firestore_notes (name, value) VALUES (${note}, ${document.id})
              ON CONFLICT (name) DO UPDATE SET value = excluded.value`
            progress('messages copied', copied, null)
          }
        })
      )
    })

    /** Everything of an account that is in Firestore, with what is stored here now. */
    const compareAccount = Effect.fnUntraced(function* (account: QueryDocumentSnapshot) {
      const compare = (documents: ReadonlyArray<QueryDocumentSnapshot>) =>
        Effect.gen(function* () {
          yield* compareRead(
            found,
            documents.map(document => ({ path: document.ref.path, data: document.data() }))
          )
          progress('documents compared', found.equal + found.different.length + found.missing.length, null)
        })
      yield* compare([account])
      for (const collection of ['contacts', 'incidents']) {
        yield* eachPage(ofAccount(collection, account.id), undefined, compare)
      }
      yield* eachPage(ofAccount('threads', account.id), undefined, documents =>
        Effect.gen(function* () {
          yield* compare(documents)
          for (const { id } of documents) {
            yield* eachPage(database.collection(`threads/${id}/messages`), undefined, compare)
          }
        })
      )
    })

    /** What is equal need not be written again if this folder is to show itself in Firestore. */
    const rememberShown = (differing: ReadonlySet<string>) =>
      eachPageOfPaths(sql, PAGE, paths =>
        Effect.flatMap(compose(paths), ({ documents }) =>
          bulk.runMany(
            `UPDATE firestore_documents SET digest = ?2, maybe_there = 1, due = NULL WHERE path = ?1`,
            [...documents].flatMap(([path, fields]) =>
              differing.has(path) ? [] : [[path, digestOf(path, fields)]]
            )
          )
        )
      )

    let copied = 0
    const found = new Comparison()
    const all: Array<QueryDocumentSnapshot> = []
    yield* eachPage(database.collection('accounts'), undefined, documents =>
      Effect.sync(() => all.push(...documents.filter(({ id }) => only.length === 0 || only.includes(id))))
    )
    for (const account of yield* decoded(all, decodeAccountDocument)) {
      const { accountId } = account
      yield* putAccount(account)
      yield* contacts(accountId)
      yield* incidents(accountId)
      yield* threads(accountId)
    }
    yield* noteAll
    for (const account of all) yield* compareAccount(account)
    yield* rememberShown(new Set([...found.different, ...found.missing]))
    yield* sql`DELETE FROM firestore_notes WHERE name GLOB ${`${COPIED_TO} *`}`
    const [notSent] = yield* sql<{ n: number }>`SELECT COUNT(*) AS n FROM messages m WHERE m.status = 'queued'
      AND NOT EXISTS (SELECT 1 FROM outbox o WHERE o.thread_id = m.thread_id AND o.message_id = m.message_id)`
    const { counts: sums, excess } = yield* counts(only)
    return {
      from: 'firestore',
      to: 'sqlite',
      counts: sums,
      equal: found.equal,
      different: found.different.length,
      // Messages of a thread whose document is gone are found by their number alone.
      missing: Math.max(found.missing.length, excess.there),
      extra: 0,
      truncated: found.truncated,
      unreadable,
      notSent: notSent?.n ?? 0
    } satisfies Report
  }).pipe(Effect.mapError(failed))
