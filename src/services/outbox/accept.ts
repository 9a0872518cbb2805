// Accepting entries: they and their message documents are written in one transaction. From then on an entry has its WhatsApp id,
// so that every attempt, also after a crash, is recognised as the same message.
import { Clock, Effect, Result } from 'effect'
import { SqlClient } from 'effect/sql'
import type { MessageFact } from '../../domain/fact.ts'
import type { Target } from '../../domain/outbox.ts'
import { messageIdOf, newWhatsAppMessageId, threadIdOf } from '../../domain/ids.ts'
import { AccountNotFound } from '../accounts.ts'
import { Conversations } from '../conversations/apply.ts'
import { Identity } from '../conversations/identity.ts'
import { ThreadStore } from '../conversations/thread-store.ts'
import { SqlBulk } from '../database/bulk.ts'
import { listOf, rowsOf } from '../database/dialect.ts'
import { asDatabaseError } from '../database/error.ts'
import { EventLog } from '../events/event-log.ts'
import { ALL_ACCOUNTS, Wakes } from '../process/wakes.ts'
import type { Self } from '../whatsapp/convert/address.ts'
import { encodeOutgoing, outgoingContent, withMessageSecret } from '../whatsapp/convert/outgoing.ts'
import type { Composed } from './compose.ts'
import { decodeOutboxRow, entryEvent } from './entry-row.ts'
import { IdempotencyConflict } from './errors.ts'
import { followingMessages, kindOf } from './kinds/index.ts'
import { EXPIRY, OUTBOX } from './topics.ts'
import { wireOf } from './wire.ts'

const IDEMPOTENCY_WINDOW_MS = 24 * 60 * 60 * 1000

/** A request is identified by its key; the fingerprint tells whether another request with this key is the same one. */
export interface RequestIdentity {
  readonly accountId: string
  readonly idempotencyKey?: string | undefined
  readonly fingerprint: string
}

export interface OutboxRequest extends Composed, RequestIdentity {
  /** The Firestore document that asks for it, if one does. */
  readonly documentId?: string | undefined
}

export interface Accepted {
  readonly entryId: string
  readonly messageId: string
  readonly threadId: string
  /** The messages that follow it: the pictures and films of an album. */
  readonly parts: ReadonlyArray<{ readonly entryId: string; readonly messageId: string }>
  /** The Firestore document that the entry was made from. */
  readonly documentId: string | null
}

const partsOf = (content: OutboxRequest['content'], whatsAppId: string): Accepted['parts'] =>
  followingMessages(content, ownTarget(whatsAppId)).map(part => ({
    entryId: part.whatsAppId,
    messageId: messageIdOf('me', part.whatsAppId)
  }))

const ownTarget = (whatsAppId: string): Target => ({
  messageId: messageIdOf('me', whatsAppId),
  whatsAppId,
  sender: null
})

/** Names a key that an account's request has; `undefined` when it has none. */
export const keyOf = ({
  accountId,
  idempotencyKey
}: Pick<RequestIdentity, 'accountId' | 'idempotencyKey'>): string | undefined =>
  idempotencyKey === undefined ? undefined : `${accountId} ${idempotencyKey}`

/** What was accepted with these keys within 24 hours, by their names: the last of each. */
const rowsByKey = Effect.fnUntraced(function* (requests: ReadonlyArray<RequestIdentity>) {
  const sql = yield* SqlClient.SqlClient
  const now = yield* Clock.currentTimeMillis
  const keys = requests.flatMap(({ accountId, idempotencyKey }) =>
    idempotencyKey === undefined ? [] : [[accountId, idempotencyKey]]
  )
  if (keys.length === 0) return new Map<string, unknown>()
  const rows = yield* sql<{ accountId: string; idempotencyKey: string }>`
    SELECT o.* FROM ${rowsOf(sql, keys, ['account', 'asked'])} AS keys
    JOIN outbox o ON o.account_id = keys.account AND o.idempotency_key = keys.asked
    WHERE o.created_at > ${now - IDEMPOTENCY_WINDOW_MS} ORDER BY o.entry_id`
  return new Map<string | undefined, unknown>(rows.map(row => [keyOf(row), row]))
})

/** What was accepted with each key, by its name; a failure for a key that was used for another request. */
const findEarlier = Effect.fnUntraced(function* (requests: ReadonlyArray<RequestIdentity>) {
  const rows = yield* rowsByKey(requests)
  const earlier = new Map<RequestIdentity, Result.Result<Accepted, IdempotencyConflict>>()
  for (const request of requests) {
    const row = rows.get(keyOf(request) ?? '')
    if (row === undefined) continue
    const { content, documentId, messageId, requestHash, threadId, whatsAppId } = yield* decodeOutboxRow(row)
    const parts = partsOf(content, whatsAppId)
    earlier.set(
      request,
      requestHash === request.fingerprint
        ? Result.succeed({ entryId: whatsAppId, messageId, threadId, parts, documentId })
        : Result.fail(new IdempotencyConflict({}))
    )
  }
  return earlier
})

/** What was accepted with this key within 24 hours; `undefined` if the key is unused. */
export const findAccepted = Effect.fnUntraced(function* (request: RequestIdentity) {
  const earlier = (yield* findEarlier([request])).get(request)
  return earlier === undefined ? undefined : yield* Effect.fromResult(earlier)
}, asDatabaseError('looking for an earlier request'))

/** A request that is accepted now, and what is known of who asks for it. */
export interface Submitted {
  readonly request: OutboxRequest
  /** The addresses of the account. */
  readonly self: Self
  /** The trace of the request, a W3C `traceparent`. */
  readonly trace: string | null
}

/** An entry on its way into the database: that of a request, or one that follows it. */
interface Entry extends Submitted {
  readonly clientJid: string
  readonly threadId: string
  readonly whatsAppId: string
}

/** The entries of a request, its own first. */
const entriesOf = Effect.fnUntraced(function* (submitted: Submitted) {
  const identity = yield* Identity
  const { request } = submitted
  const clientJid = yield* identity.resolve(request.accountId, { jid: request.toJid })
  const threadId = threadIdOf(request.accountId, clientJid)
  const whatsAppId = newWhatsAppMessageId()
  const own: Entry = { ...submitted, clientJid, threadId, whatsAppId }
  const following = followingMessages(request.content, ownTarget(whatsAppId)).map((part): Entry => ({
    ...own,
    whatsAppId: part.whatsAppId,
    request: { ...request, content: part.content, idempotencyKey: undefined, documentId: undefined }
  }))
  return { own, following }
})

/** The protobuf of an entry, as far as it is known before it is sent, and the message document made from it. */
const prepare = Effect.fnUntraced(function* (entry: Entry, ephemeralSeconds: number) {
  const { request, self, threadId } = entry
  const { content, toJid } = request
  const { destination, wire } = yield* wireOf({ content, threadId, toJid, ephemeralSeconds }, self)
  const { document } = kindOf(content)
  const bytes =
    wire.as === 'readReceipts'
      ? null
      : encodeOutgoing(document.is === 'new' ? withMessageSecret(wire.message) : wire.message)
  // The file of a message is not uploaded yet; until then there is no protobuf that could be sent again.
  const prepared = wire.as === 'message' ? bytes : null
  const outgoing =
    document.is === 'new' && bytes !== null ? outgoingContent(self, bytes, entry.clientJid) : undefined
  const message: MessageFact | undefined = outgoing && {
    kind: 'message',
    chat: { jid: entry.clientJid },
    sender: 'me',
    whatsAppId: entry.whatsAppId,
    // WhatsApp counts in seconds. When it takes the message, its own time replaces this one.
    timestamp: Math.floor(destination.now / 1000) * 1000,
    ...outgoing,
    status: 'queued',
    reactions: [],
    raw: prepared,
    live: true
  }
  const messageId = document.is === 'existing' ? document.messageId : messageIdOf('me', entry.whatsAppId)
  return { ...entry, prepared, message, messageId }
})
type Prepared = Effect.Success<ReturnType<typeof prepare>>

const INSERT = `INSERT INTO outbox (account_id, thread_id, message_id, whatsapp_id, to_jid, content, status,
    next_attempt_at, send_at, expires_at, idempotency_key, request_hash, prepared, created_at, updated_at, trace, document_id)
  VALUES (?1, ?2, ?3, ?4, ?5, ?6, 'queued', ?7, ?8, ?9, ?10, ?11, ?12, ?7, ?7, ?13, ?14)`

const valuesOf = ({ messageId, prepared, request, threadId, trace, whatsAppId }: Prepared, now: number) => [
  request.accountId,
  threadId,
  messageId,
  whatsAppId,
  request.toJid,
  JSON.stringify(request.content),
  now,
  request.sendAt ?? 0,
  request.expiresAt ?? null,
  request.idempotencyKey ?? null,
  request.fingerprint,
  prepared,
  trace,
  request.documentId ?? null
]

/** Writes entries of one account, and the messages of those that have one. */
const writeEntries = Effect.fnUntraced(function* (accountId: string, entries: ReadonlyArray<Prepared>) {
  const bulk = yield* SqlBulk
  const conversations = yield* Conversations
  const events = yield* EventLog
  const sql = yield* SqlClient.SqlClient
  const wakes = yield* Wakes
  const now = yield* Clock.currentTimeMillis
  const inserting = bulk.runMany(
    INSERT,
    entries.map(entry => valuesOf(entry, now))
  )
  const telling = events.append(
    accountId,
    entries.map(entry => entryEvent(entry, 'queued'))
  )
  yield* conversations.apply(
    accountId,
    entries.flatMap(({ message }) => (message === undefined ? [] : [message])),
    { settle: Effect.andThen(inserting.pipe(asDatabaseError('accepting a message')), telling) }
  )
  yield* sql.afterCommit(wakes.wake(OUTBOX, accountId))
})

/** Writes the entries of requests, with those that follow them, whatever was accepted before. To be run in a transaction. */
export const addEntries = Effect.fnUntraced(function* (submitted: ReadonlyArray<Submitted>) {
  const sql = yield* SqlClient.SqlClient
  const threads = yield* ThreadStore
  const wakes = yield* Wakes
  const placed = yield* Effect.forEach(submitted, one => entriesOf(one))
  const entries = placed.flatMap(({ following, own }) => [own, ...following])
  const ephemeral = yield* threads.ephemeralSeconds(entries.map(({ threadId }) => threadId))
  const prepared = yield* Effect.forEach(entries, entry => prepare(entry, ephemeral.get(entry.threadId) ?? 0))
  const byAccount = Map.groupBy(prepared, ({ request }) => request.accountId)
  for (const [accountId, ofAccount] of byAccount) yield* writeEntries(accountId, ofAccount)
  if (submitted.some(({ request }) => request.expiresAt !== undefined))
    yield* sql.afterCommit(wakes.wake(EXPIRY, ALL_ACCOUNTS))
  const messageIds = new Map(prepared.map(({ messageId, whatsAppId }) => [whatsAppId, messageId]))
  return placed.map(({ own: { request, threadId, whatsAppId } }): Accepted => ({
    entryId: whatsAppId,
    messageId: messageIds.get(whatsAppId) ?? messageIdOf('me', whatsAppId),
    threadId,
    parts: partsOf(request.content, whatsAppId),
    documentId: request.documentId ?? null
  }))
})

/** Those of the accounts that are stored: one may be removed between a request and its acceptance. */
const storedAmong = Effect.fnUntraced(function* (accountIds: ReadonlyArray<string>) {
  const sql = yield* SqlClient.SqlClient
  const rows = yield* sql<{ id: string }>`SELECT account_id AS id FROM accounts
    WHERE account_id IN ${listOf(sql, [...new Set(accountIds)])}`
  return new Set(rows.map(({ id }) => id))
})

/**
 * Writes the entries of requests and their message documents: from then on they will be sent, or fail with a reason. A request that
 * was accepted before is not accepted again. `first` runs before an entry is written. No two requests may have the same key. Those of
 * accounts that are not stored are refused. To be run in a transaction.
 */
export const acceptAll = Effect.fnUntraced(function* <One extends Submitted, E, R>(
  submitted: ReadonlyArray<One>,
  first: (one: One) => Effect.Effect<void, E, R>
) {
  const earlier = yield* findEarlier(submitted.map(({ request }) => request))
  const accounts = yield* storedAmong(submitted.map(({ request }) => request.accountId))
  const fresh = submitted.filter(({ request }) => !earlier.has(request) && accounts.has(request.accountId))
  yield* Effect.forEach(fresh, first, { discard: true })
  const accepted = fresh.length === 0 ? [] : yield* addEntries(fresh)
  const added = new Map(fresh.map(({ request }, place) => [request, accepted[place]]))
  return submitted.map(({ request }): Result.Result<Accepted, AccountNotFound | IdempotencyConflict> => {
    const found = earlier.get(request)
    if (found !== undefined) return found
    const made = added.get(request)
    const { accountId } = request
    return made === undefined ? Result.fail(new AccountNotFound({ accountId })) : Result.succeed(made)
  })
})
