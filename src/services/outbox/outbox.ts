// What applications want sent. An entry has its WhatsApp id from the moment it is accepted, so every attempt, also
// after a crash, is recognised as the same message. How entries are sent is in sending.ts.
import { Clock, Context, Effect, Latch, Layer, Schema } from 'effect'
import { SqlClient } from 'effect/sql'
import { messageIdOf, newWhatsAppMessageId, threadIdOf } from '../../domain/ids.ts'
import { ownAddresses } from '../../domain/account.ts'
import type { MessageFact } from '../../domain/fact.ts'
import { isMessage, type OutboxContent, type OutboxEntry, OutboxStatus } from '../../domain/outbox.ts'
import { Incidents } from '../incidents/incidents.ts'
import { storageTrouble } from '../incidents/storage-trouble.ts'
import { currentTrace } from '../telemetry/tracing.ts'
import { Identity } from '../conversations/identity.ts'
import { Conversations } from '../conversations/apply.ts'
import { DatabaseError } from '../database/error.ts'
import { Store } from '../conversations/store.ts'
import {
  type Destination,
  encodeOutgoing,
  encodeUnuploaded,
  outgoingContent
} from '../whatsapp/convert/outgoing.ts'
import type { WhatsApp } from '../whatsapp/whatsapp.ts'
import { topic, type Wakes } from '../process/wakes.ts'
import { makeWorker, type Worker } from '../process/worker.ts'
import { Attachments } from './attachments.ts'
import { decodeOutboxRow, entryOf, type OutboxRow, withoutWords } from './entry-row.ts'
import { makeSender } from './dispatch.ts'

const IDEMPOTENCY_WINDOW_MS = 24 * 60 * 60 * 1000
/** How long an entry can be looked up after its end. */
const KEPT_AFTER_END_MS = 7 * 24 * 60 * 60 * 1000
const LOOK_FOR_EXPIRED_MS = 30_000

/** The key was used for another message within the last 24 hours. */
export class IdempotencyConflict extends Schema.TaggedError<IdempotencyConflict>()(
  'IdempotencyConflict',
  {}
) {}

/** The entry is not waiting any more (or was never there: `status` is `null`). */
export class NotCancellable extends Schema.TaggedError<NotCancellable>()('NotCancellable', {
  status: Schema.NullOr(OutboxStatus)
}) {}

export interface Accepted {
  readonly entryId: string
  readonly messageId: string
  readonly threadId: string
}

export interface OutboxRequest {
  readonly accountId: string
  /** Where to: an address, resolved to the person it belongs to. */
  readonly toJid: string
  readonly content: OutboxContent
  readonly idempotencyKey?: string | undefined
  /** Tells whether a request with a used key is the same request. */
  readonly fingerprint: string
  /** Not before, and not after; milliseconds since 1970. */
  readonly sendAt?: number | undefined
  readonly expiresAt?: number | undefined
  /** The document in which an application asked for it, if it did so in Firestore. */
  readonly documentId?: string | undefined
}

/** Entries of an account wait to be sent. */
export const OUTBOX = topic('outbox')

export class Outbox extends Context.Service<
  Outbox,
  {
    /** Writes the entry and its message document; from then on it will be sent or fail with a reason. */
    readonly accept: (request: OutboxRequest) => Effect.Effect<Accepted, IdempotencyConflict | DatabaseError>
    /** What was accepted under this key within 24 hours, `undefined` when the key is unused. */
    readonly accepted: (
      request: Pick<OutboxRequest, 'accountId' | 'idempotencyKey' | 'fingerprint'>
    ) => Effect.Effect<Accepted | undefined, IdempotencyConflict | DatabaseError>
    /** Takes an entry back that is not being sent yet. */
    readonly cancel: (
      accountId: string,
      entryId: string
    ) => Effect.Effect<OutboxEntry, NotCancellable | DatabaseError>
    readonly read: (
      accountId: string,
      entryId: string
    ) => Effect.Effect<OutboxEntry | undefined, DatabaseError>
    /** Newest first; `before` is the creation time and id of the last entry of the page before. */
    readonly list: (query: {
      readonly accountId: string
      readonly status?: OutboxStatus | undefined
      readonly limit: number
      readonly before?: { readonly time: number; readonly id: string } | undefined
    }) => Effect.Effect<ReadonlyArray<OutboxEntry>, DatabaseError>
    /** WhatsApp lifted a restriction: what it held is due at once. */
    readonly release: (accountId: string) => Effect.Effect<void, DatabaseError>
    /** Sends what is due; to be run while the account is online. */
    readonly sending: Worker<DatabaseError, never>
  }
>()('backscroll/services/outbox/Outbox') {
  static layer(options: {
    readonly paceMs: number
  }): Layer.Layer<
    Outbox,
    DatabaseError,
    SqlClient.SqlClient | Store | Identity | Conversations | WhatsApp | Incidents | Attachments | Wakes
  > {
    return Layer.effect(
      Outbox,
      Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        const store = yield* Store
        const identity = yield* Identity
        const conversations = yield* Conversations
        const incidents = yield* Incidents
        const attachments = yield* Attachments
        const expiryChanged = yield* Latch.make()

        const failed = <A, E, R>(
          work: Effect.Effect<A, E, R>
        ): Effect.Effect<A, DatabaseError | Extract<E, IdempotencyConflict | NotCancellable>, R> =>
          Effect.mapError(work, cause =>
            isAnswer(cause) ? cause : new DatabaseError({ operation: 'the outbox', cause })
          )

        const earlier = Effect.fnUntraced(function* (
          request: Pick<OutboxRequest, 'accountId' | 'idempotencyKey' | 'fingerprint'>
        ) {
          if (request.idempotencyKey === undefined) return undefined
          const now = yield* Clock.currentTimeMillis
          const [found] = yield* sql`SELECT * FROM outbox WHERE account_id = ${request.accountId}
            AND idempotency_key = ${request.idempotencyKey} AND created_at > ${now - IDEMPOTENCY_WINDOW_MS}
            ORDER BY entry_id DESC LIMIT 1`
          if (found === undefined) return undefined
          const row = yield* decodeOutboxRow(found)
          if (row.requestHash !== request.fingerprint) return yield* new IdempotencyConflict({})
          return { entryId: row.whatsappId, messageId: row.messageId, threadId: row.threadId }
        })

        const quotedRaw = (threadId: string, content: OutboxContent) =>
          'quoted' in content && content.quoted !== undefined
            ? store.readRaw(threadId, content.quoted.messageId)
            : Effect.undefined

        const accept = Effect.fn('Outbox.accept')(
          function* (request: OutboxRequest) {
            const repeated = yield* earlier(request)
            if (repeated !== undefined) return repeated
            const now = yield* Clock.currentTimeMillis
            const { accountId, content, idempotencyKey, toJid } = request
            yield* Effect.annotateCurrentSpan({ accountId })
            const self = ownAddresses(yield* store.readAccount(accountId))
            const clientJid = yield* identity.resolve(accountId, { jid: toJid })
            const threadId = threadIdOf(accountId, clientJid)
            const whatsAppId = newWhatsAppMessageId()
            const quoted = yield* quotedRaw(threadId, content)
            const bytes = encoded(content, { toJid, selfJid: self.jid, now }, quoted)
            const messageId = 'target' in content ? content.target.messageId : messageIdOf('me', whatsAppId)
            // The file of a message is not uploaded yet; until then there is no protobuf that could be sent again.
            const prepared = content.kind === 'media' ? null : bytes
            const shown = isMessage(content) && bytes !== null ? outgoingContent(self, bytes) : undefined
            const message: ReadonlyArray<MessageFact> =
              shown === undefined
                ? []
                : [
                    {
                      kind: 'message',
                      chat: { jid: clientJid },
                      sender: 'me',
                      whatsAppId,
                      // WhatsApp counts in seconds. When it takes the message, its own time replaces this one.
                      timestamp: Math.floor(now / 1000) * 1000,
                      ...shown,
                      status: 'queued',
                      reactions: [],
                      raw: prepared,
                      live: true
                    }
                  ]
            const entry = sql`INSERT INTO outbox (account_id, thread_id, message_id, whatsapp_id, to_jid, content, status,
                next_attempt_at, send_at, expires_at, idempotency_key, request_hash, prepared, created_at, updated_at, trace, document_id)
              VALUES (${accountId}, ${threadId}, ${messageId}, ${whatsAppId}, ${toJid}, ${JSON.stringify(content)}, 'queued',
                ${now}, ${request.sendAt ?? 0}, ${request.expiresAt ?? null}, ${idempotencyKey ?? null}, ${request.fingerprint},
                ${prepared}, ${now}, ${now}, ${yield* currentTrace}, ${request.documentId ?? null})`
            yield* conversations.apply(accountId, message, { settle: Effect.asVoid(entry) })
            if (content.kind === 'read') yield* store.markRead(accountId, threadId, 'everything')
            return { entryId: whatsAppId, messageId, threadId }
          },
          sql.withTransaction,
          failed
        )

        const find = Effect.fnUntraced(function* (accountId: string, entryId: string) {
          const [row] =
            yield* sql`SELECT * FROM outbox WHERE account_id = ${accountId} AND whatsapp_id = ${entryId}`
          return row === undefined ? undefined : yield* decodeOutboxRow(row)
        })

        /** An entry that ends without having been sent. */
        const end = Effect.fnUntraced(function* (
          row: OutboxRow,
          status: 'cancelled' | 'expired',
          reason: string
        ) {
          const now = yield* Clock.currentTimeMillis
          yield* sql`UPDATE outbox SET status = ${status}, last_error = ${reason}, updated_at = ${now},
              content = ${JSON.stringify(withoutWords(row.content))}, prepared = NULL
            WHERE entry_id = ${row.entryId}`
          if (!isMessage(row.content)) return
          yield* store.putChanges(row.accountId, [
            {
              threadId: row.threadId,
              messageId: row.messageId,
              change: { to: 'status', status: status === 'cancelled' ? 'cancelled' : 'failed', reason }
            }
          ])
        })

        const cancel = Effect.fn('Outbox.cancel')(
          function* (accountId: string, entryId: string) {
            const row = yield* find(accountId, entryId)
            if (row?.status !== 'queued') return yield* new NotCancellable({ status: row?.status ?? null })
            const reason = 'It was cancelled before it was sent'
            yield* end(row, 'cancelled', reason)
            return entryOf({ ...row, status: 'cancelled', lastError: reason })
          },
          sql.withTransaction,
          failed
        )

        const list: Outbox['Service']['list'] = Effect.fn('Outbox.list')(function* ({
          accountId,
          before,
          limit,
          status
        }) {
          const rows = yield* sql`SELECT * FROM outbox WHERE account_id = ${accountId}
              AND (${status ?? null} IS NULL OR status = ${status ?? null})
              AND (${before?.time ?? null} IS NULL OR (created_at, whatsapp_id) < (${before?.time ?? 0}, ${before?.id ?? ''}))
              ORDER BY created_at DESC, whatsapp_id DESC LIMIT ${limit}`
          return yield* Effect.forEach(rows, row => Effect.map(decodeOutboxRow(row), entryOf))
        }, failed)

        const expire = Effect.gen(function* () {
          const now = yield* Clock.currentTimeMillis
          const rows = yield* sql`SELECT * FROM outbox WHERE status = 'queued' AND expires_at <= ${now}`
          const expired = yield* Effect.forEach(rows, row => decodeOutboxRow(row))
          for (const row of expired) yield* end(row, 'expired', 'It expired before it could be sent')
          return new Set(expired.map(row => row.accountId))
        }).pipe(sql.withTransaction)

        const forget = Effect.gen(function* () {
          const now = yield* Clock.currentTimeMillis
          yield* sql`DELETE FROM outbox WHERE status NOT IN ('queued', 'sending') AND updated_at < ${now - KEPT_AFTER_END_MS}`
          const rows = yield* sql<{ file: string }>`SELECT content ->> 'file' AS file FROM outbox
            WHERE status IN ('queued', 'sending') AND content ->> 'kind' = 'media'`
          yield* attachments.keepOnly(new Set(rows.map(row => row.file)))
        })

        const nextExpiry = Effect.map(
          sql<{ at: number | null }>`SELECT MIN(expires_at) AS at FROM outbox
            WHERE status = 'queued' AND expires_at IS NOT NULL`,
          ([row]) => row?.at ?? undefined
        )
        const untilNextExpiry = Effect.gen(function* () {
          yield* expiryChanged.close
          const at = yield* nextExpiry
          const now = yield* Clock.currentTimeMillis
          const wait = Math.min(LOOK_FOR_EXPIRED_MS, Math.max(0, (at ?? Infinity) - now))
          yield* Effect.timeoutOption(expiryChanged.await, wait)
        })
        // What a crash interrupted while it was being sent waits again; its id tells WhatsApp if it got there already.
        yield* sql`UPDATE outbox SET status = 'queued' WHERE status = 'sending'`.pipe(failed)

        const runOnce = yield* makeSender(options)
        const sending = yield* makeWorker({
          topic: OUTBOX,
          runOnce: accountId => failed(runOnce(accountId)),
          words: {
            failing: 'The outbox cannot be worked off; its entries wait',
            again: 'The outbox is worked off again'
          },
          onTrouble: (accountId, failing, error) =>
            incidents.report(storageTrouble(accountId, failing, error))
        })

        const tidy = Effect.gen(function* () {
          for (const accountId of yield* expire) yield* sending.wake(accountId)
          yield* forget
        }).pipe(failed)
        yield* Effect.forkScoped(
          Effect.andThen(tidy, untilNextExpiry).pipe(
            Effect.catch(error =>
              Effect.andThen(
                Effect.logWarning('Expired entries of the outbox cannot be looked for', error),
                Effect.sleep(LOOK_FOR_EXPIRED_MS)
              )
            ),
            Effect.forever
          )
        )

        const release = Effect.fn('Outbox.release')(function* (accountId: string) {
          const now = yield* Clock.currentTimeMillis
          // Nothing else makes an entry wait that was never tried: a later attempt has its own back-off.
          yield* sql`UPDATE outbox SET next_attempt_at = ${now}, last_error = NULL
            WHERE account_id = ${accountId} AND status = 'queued' AND attempts = 0 AND next_attempt_at > ${now}`
          yield* sending.wake(accountId)
        }, failed)

        return Outbox.of({
          accept: request =>
            Effect.tap(accept(request), () =>
              Effect.andThen(sending.wake(request.accountId), expiryChanged.open)
            ),
          accepted: request => failed(earlier(request)),
          cancel: (accountId, entryId) =>
            // What waited behind it in its thread need not wait any more.
            Effect.tap(cancel(accountId, entryId), () => sending.wake(accountId)),
          release,
          read: (accountId, entryId) =>
            failed(Effect.map(find(accountId, entryId), row => row && entryOf(row))),
          list,
          sending
        })
      })
    )
  }
}

/** The protobuf of what is sent, as far as it is known at acceptance; reading receipts have none. */
const encoded = (
  content: OutboxContent,
  destination: Destination,
  quoted: Uint8Array | undefined
): Uint8Array | null => {
  if (content.kind === 'read') return null
  return content.kind === 'media'
    ? encodeUnuploaded(content, destination, quoted)
    : encodeOutgoing(content, destination, quoted)
}

const isAnswer = <E>(error: E): error is Extract<E, IdempotencyConflict | NotCancellable> =>
  error instanceof IdempotencyConflict || error instanceof NotCancellable
