// Accepting an entry: it and its message document are written in one transaction. From then on it has its WhatsApp id,
// so that every attempt, also after a crash, is recognised as the same message.
import { Clock, Effect } from 'effect'
import { SqlClient } from 'effect/sql'
import type { MessageFact } from '../../domain/fact.ts'
import type { Target } from '../../domain/outbox.ts'
import { messageIdOf, newWhatsAppMessageId, threadIdOf } from '../../domain/ids.ts'
import { EntryWithChange } from '../access/audit-log.ts'
import { Conversations } from '../conversations/apply.ts'
import { Identity } from '../conversations/identity.ts'
import { asDatabaseError } from '../database/error.ts'
import { EventLog } from '../events/event-log.ts'
import { ALL_ACCOUNTS, Wakes } from '../process/wakes.ts'
import { currentTrace } from '../telemetry/tracing.ts'
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

/** What was accepted with this key within 24 hours; `undefined` if the key is unused. */
export const findAccepted = Effect.fnUntraced(function* (request: RequestIdentity) {
  if (request.idempotencyKey === undefined) return undefined
  const sql = yield* SqlClient.SqlClient
  const now = yield* Clock.currentTimeMillis
  const [found] = yield* sql`SELECT * FROM outbox WHERE account_id = ${request.accountId}
    AND idempotency_key = ${request.idempotencyKey} AND created_at > ${now - IDEMPOTENCY_WINDOW_MS}
    ORDER BY entry_id DESC LIMIT 1`
  if (found === undefined) return undefined
  const { content, documentId, messageId, requestHash, threadId, whatsAppId } = yield* decodeOutboxRow(found)
  if (requestHash !== request.fingerprint) return yield* new IdempotencyConflict({})
  const parts = partsOf(content, whatsAppId)
  const accepted: Accepted = { entryId: whatsAppId, messageId, threadId, parts, documentId }
  return accepted
}, asDatabaseError('looking for an earlier request'))

interface EntryPlace {
  readonly clientJid: string
  readonly threadId: string
  readonly whatsAppId: string
}

/** The protobuf of an entry, as far as it is known before it is sent, and the message document made from it. */
const prepare = Effect.fnUntraced(function* (request: OutboxRequest, entry: EntryPlace, self: Self) {
  const { content, toJid } = request
  const { destination, wire } = yield* wireOf({ content, threadId: entry.threadId, toJid }, self)
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
  return { prepared, message, messageId }
})

const writeEntry = Effect.fnUntraced(function* (request: OutboxRequest, place: EntryPlace, self: Self) {
  const sql = yield* SqlClient.SqlClient
  const conversations = yield* Conversations
  const events = yield* EventLog
  const now = yield* Clock.currentTimeMillis
  const { accountId, content, documentId = null, idempotencyKey, toJid } = request
  const { threadId, whatsAppId } = place
  const { message, messageId, prepared } = yield* prepare(request, place, self)
  const entry = sql`INSERT INTO outbox (account_id, thread_id, message_id, whatsapp_id, to_jid, content, status,
      next_attempt_at, send_at, expires_at, idempotency_key, request_hash, prepared, created_at, updated_at, trace, document_id)
    VALUES (${accountId}, ${threadId}, ${messageId}, ${whatsAppId}, ${toJid}, ${JSON.stringify(content)}, 'queued',
      ${now}, ${request.sendAt ?? 0}, ${request.expiresAt ?? null}, ${idempotencyKey ?? null}, ${request.fingerprint},
      ${prepared}, ${now}, ${now}, ${yield* currentTrace}, ${documentId})`
  yield* conversations.apply(accountId, message === undefined ? [] : [message], {
    settle: Effect.andThen(entry, events.append(accountId, [entryEvent(place, 'queued')]))
  })
  return messageId
})

/** Writes an entry with those that follow it, whatever was accepted before. To be run in a transaction. */
export const addEntry = Effect.fnUntraced(function* (request: OutboxRequest, self: Self) {
  const sql = yield* SqlClient.SqlClient
  const identity = yield* Identity
  const wakes = yield* Wakes
  const { accountId, content, documentId = null, toJid } = request
  const clientJid = yield* identity.resolve(accountId, { jid: toJid })
  const threadId = threadIdOf(accountId, clientJid)
  const whatsAppId = newWhatsAppMessageId()
  const messageId = yield* writeEntry(request, { clientJid, threadId, whatsAppId }, self)
  for (const part of followingMessages(content, ownTarget(whatsAppId))) {
    const following = { ...request, content: part.content, idempotencyKey: undefined, documentId: undefined }
    yield* writeEntry(following, { clientJid, threadId, whatsAppId: part.whatsAppId }, self)
  }
  yield* sql.afterCommit(wakes.wake(OUTBOX, accountId))
  if (request.expiresAt !== undefined) yield* sql.afterCommit(wakes.wake(EXPIRY, ALL_ACCOUNTS))
  const parts = partsOf(content, whatsAppId)
  const accepted: Accepted = { entryId: whatsAppId, messageId, threadId, parts, documentId }
  return accepted
})

const acceptOnce = Effect.fnUntraced(function* (request: OutboxRequest, self: Self) {
  const earlier = yield* findAccepted(request)
  return earlier ?? (yield* addEntry(request, self))
})

/**
 * Writes the entry and its message document; from then on it will be sent, or fail with a reason. A request that was
 * accepted before is not accepted again.
 */
export const accept = Effect.fn('Outbox.accept')(function* (request: OutboxRequest, self: Self) {
  yield* Effect.annotateCurrentSpan({ accountId: request.accountId })
  const sql = yield* SqlClient.SqlClient
  const auditFirst = yield* EntryWithChange
  return yield* sql.withTransaction(Effect.andThen(auditFirst, acceptOnce(request, self)))
}, asDatabaseError('accepting a message'))
