// What applications want sent. An entry has its WhatsApp id from the moment it is accepted, so every attempt, also
// after a crash, is recognised as the same message. Entries of one thread keep their order.
import { Clock, Context, Effect, Layer, Schema } from 'effect'
import { SqlClient } from 'effect/sql'
import { messageIdOf, newWhatsAppMessageId, threadIdOf } from '../../domain/ids.ts'
import { isGroupJid } from '../../domain/jid.ts'
import { MAX_SEND_ATTEMPTS, OutboxContent, OutboxStatus, retryDelay } from '../../domain/outbox.ts'
import { Incidents } from '../observe/incidents.ts'
import { Identity } from '../receive/identity.ts'
import { type ChangeWrite, Store, StoreError } from '../store/store.ts'
import { encodeOutgoing } from '../whatsapp/convert/outgoing.ts'
import { WhatsApp } from '../whatsapp/whatsapp.ts'
import { makeWorker, type Worker } from '../worker.ts'

const IDEMPOTENCY_WINDOW_MS = 24 * 60 * 60 * 1000

/** The key was used for another message within the last 24 hours. */
export class IdempotencyConflict extends Schema.TaggedError<IdempotencyConflict>()(
  'IdempotencyConflict',
  {}
) {}

export interface Accepted {
  readonly messageId: string
  readonly threadId: string
  readonly status: OutboxStatus
}

export interface OutboxRequest {
  readonly accountId: string
  readonly toJid: string
  readonly content: OutboxContent
  readonly idempotencyKey?: string | undefined
}

const Row = Schema.Struct({
  entry_id: Schema.Finite,
  thread_id: Schema.String,
  message_id: Schema.String,
  whatsapp_id: Schema.String,
  to_jid: Schema.String,
  content: Schema.fromJsonString(OutboxContent),
  status: OutboxStatus,
  attempts: Schema.Finite,
  next_attempt_at: Schema.Finite
})
const decodeRow = Schema.decodeUnknownEffect(Row)

export class Outbox extends Context.Service<
  Outbox,
  {
    /** Writes the entry and its message document; from then on it will be sent or fail with a reason. */
    readonly accept: (request: OutboxRequest) => Effect.Effect<Accepted, IdempotencyConflict | StoreError>
    /** Sends what is due; to be run while the account is online. */
    readonly sending: Worker<StoreError, never>
  }
>()('backscroll/services/send/Outbox') {
  static layer(options: {
    readonly paceMs: number
  }): Layer.Layer<Outbox, never, SqlClient.SqlClient | Store | Identity | WhatsApp | Incidents> {
    return Layer.effect(
      Outbox,
      Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        const store = yield* Store
        const identity = yield* Identity
        const whatsapp = yield* WhatsApp
        const incidents = yield* Incidents

        const failed = <A, E, R>(
          work: Effect.Effect<A, E, R>
        ): Effect.Effect<A, StoreError | Extract<E, IdempotencyConflict>, R> =>
          Effect.mapError(work, (cause): StoreError | Extract<E, IdempotencyConflict> =>
            isConflict(cause) ? cause : new StoreError({ operation: 'the outbox', cause })
          )

        const earlier = Effect.fnUntraced(function* (request: OutboxRequest, now: number) {
          if (request.idempotencyKey === undefined) return undefined
          const [found] = yield* sql`SELECT * FROM outbox WHERE account_id = ${request.accountId}
            AND idempotency_key = ${request.idempotencyKey} AND created_at > ${now - IDEMPOTENCY_WINDOW_MS}
            ORDER BY entry_id DESC LIMIT 1`
          if (found === undefined) return undefined
          const row = yield* decodeRow(found)
          const same =
            row.to_jid === request.toJid && JSON.stringify(row.content) === JSON.stringify(request.content)
          return same ? row : yield* new IdempotencyConflict({})
        })

        const accept = Effect.fn('Outbox.accept')(
          function* (request: OutboxRequest) {
            const now = yield* Clock.currentTimeMillis
            const repeated = yield* earlier(request, now)
            if (repeated !== undefined) {
              return { messageId: repeated.message_id, threadId: repeated.thread_id, status: repeated.status }
            }
            const { accountId, content, idempotencyKey, toJid } = request
            const clientJid = yield* identity.resolve(accountId, { jid: toJid })
            const threadId = threadIdOf(accountId, clientJid)
            const whatsAppId = newWhatsAppMessageId()
            const messageId = messageIdOf('me', whatsAppId)
            yield* store.putThreads(accountId, [
              { threadId, clientJid, kind: isGroupJid(clientJid) ? 'group' : 'direct' }
            ])
            yield* store.putMessages(accountId, [
              {
                threadId,
                messageId,
                whatsAppId,
                direction: 'outbound',
                sender: null,
                senderName: null,
                type: 'text',
                body: content.text,
                media: null,
                quotedWhatsAppId: null,
                reactions: [],
                status: 'queued',
                statusReason: null,
                // WhatsApp counts in seconds; so does the copy of this message that a history chunk may bring.
                tsClient: Math.floor(now / 1000) * 1000,
                tsClaimed: null,
                raw: encodeOutgoing(content),
                countsAsUnread: false
              }
            ])
            yield* sql`INSERT INTO outbox (account_id, thread_id, message_id, whatsapp_id, to_jid, content, status,
              next_attempt_at, idempotency_key, created_at, updated_at)
            VALUES (${accountId}, ${threadId}, ${messageId}, ${whatsAppId}, ${toJid}, ${JSON.stringify(content)}, 'queued',
              ${now}, ${idempotencyKey ?? null}, ${now}, ${now})`
            return { messageId, threadId, status: 'queued' as const }
          },
          sql.withTransaction,
          failed
        )

        /** The oldest entry that is due and that no unsent entry of its thread precedes. */
        const nextDue = Effect.fnUntraced(function* (accountId: string) {
          const [row] =
            yield* sql`SELECT * FROM outbox o WHERE account_id = ${accountId} AND status IN ('queued', 'sending')
            AND NOT EXISTS (SELECT 1 FROM outbox p WHERE p.account_id = o.account_id AND p.thread_id = o.thread_id
              AND p.entry_id < o.entry_id AND p.status IN ('queued', 'sending'))
            ORDER BY next_attempt_at, entry_id LIMIT 1`
          return row === undefined ? undefined : yield* decodeRow(row)
        })

        const mark = Effect.fnUntraced(function* (
          accountId: string,
          entry: typeof Row.Type,
          next: {
            status: OutboxStatus
            attempts: number
            nextAt: number
            reason: string | null
            sentAt?: number | undefined
          }
        ) {
          yield* sql`UPDATE outbox SET status = ${next.status}, attempts = ${next.attempts}, next_attempt_at = ${next.nextAt},
            last_error = ${next.reason}, updated_at = ${next.nextAt} WHERE entry_id = ${entry.entry_id}`
          const { thread_id: threadId, message_id: messageId } = entry
          const changes: Array<ChangeWrite['change']> = []
          if (next.status === 'sent' || next.status === 'failed') {
            changes.push({ to: 'status', status: next.status, reason: next.reason })
          }
          if (next.sentAt !== undefined) changes.push({ to: 'timed', at: next.sentAt })
          yield* store.putChanges(
            accountId,
            changes.map(change => ({ threadId, messageId, change }))
          )
        }, sql.withTransaction)

        const refused = Effect.fnUntraced(function* (
          accountId: string,
          entry: typeof Row.Type,
          reason: string
        ) {
          const now = yield* Clock.currentTimeMillis
          const attempts = entry.attempts + 1
          if (attempts < MAX_SEND_ATTEMPTS) {
            yield* mark(accountId, entry, {
              status: 'queued',
              attempts,
              nextAt: now + retryDelay(attempts),
              reason
            })
            return
          }
          yield* mark(accountId, entry, { status: 'failed', attempts, nextAt: now, reason })
          yield* incidents.report({
            accountId,
            kind: 'outbox.failed',
            severity: 'error',
            subject: entry.message_id,
            happened: `A message could not be sent: ${reason}`,
            did: `Gave up after ${attempts} attempts; the message is marked as failed`,
            advice: 'Look at the account on its phone; send the message again once the cause is gone'
          })
        })

        const runOnce = Effect.fn('Outbox.runOnce')(function* (accountId: string) {
          const entry = yield* nextDue(accountId)
          if (entry === undefined) return 'idle' as const
          const now = yield* Clock.currentTimeMillis
          if (entry.next_attempt_at > now) return { nextAt: entry.next_attempt_at }
          yield* mark(accountId, entry, {
            status: 'sending',
            attempts: entry.attempts,
            nextAt: now,
            reason: null
          })
          const message = {
            toJid: entry.to_jid,
            whatsAppId: entry.whatsapp_id,
            content: encodeOutgoing(entry.content)
          }
          return yield* whatsapp.send(accountId, message).pipe(
            Effect.flatMap(sentAt =>
              mark(accountId, entry, {
                status: 'sent',
                attempts: entry.attempts + 1,
                nextAt: now,
                reason: null,
                sentAt
              })
            ),
            Effect.andThen(Effect.sleep(options.paceMs)),
            Effect.as('more' as const),
            Effect.catchTags({
              // Waiting for a connection is no attempt.
              NotConnected: () =>
                Effect.as(
                  mark(accountId, entry, {
                    status: 'queued',
                    attempts: entry.attempts,
                    nextAt: now,
                    reason: null
                  }),
                  'idle' as const
                ),
              NotConfirmed: () =>
                Effect.as(refused(accountId, entry, 'WhatsApp did not confirm it in time'), 'more' as const),
              SendRefused: ({ reason }) => Effect.as(refused(accountId, entry, reason), 'more' as const)
            })
          )
        }, failed)

        const sending = makeWorker({
          runOnce,
          words: {
            failing: 'The outbox cannot be read; its entries wait',
            again: 'The outbox is worked off again'
          }
        })

        return Outbox.of({
          accept: request => Effect.tap(accept(request), () => sending.wake(request.accountId)),
          sending
        })
      })
    )
  }
}

const isConflict = <E>(error: E): error is Extract<E, IdempotencyConflict> =>
  error instanceof IdempotencyConflict
