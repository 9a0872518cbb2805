// Messages that arrived without their content and that the phone is asked for, until they are filled.
import { Clock, Context, Effect, Layer } from 'effect'
import { SqlClient } from 'effect/sql'
import { topic, Wakes } from '../../process/wakes.ts'
import { asDatabaseError, type DatabaseError } from '../../database/error.ts'

export interface Placeholder {
  readonly threadId: string
  readonly messageId: string
  readonly whatsAppId: string
  readonly fromMe: boolean
  readonly sender: string | null
  /** How often the phone was asked. */
  readonly asked: number
}

/** A retry between the devices may bring it sooner, and Baileys asks by itself at once. */
const FIRST_ASKED_AFTER_MS = 30_000

/** Messages without content wait to be asked for. */
export const PLACEHOLDERS = topic('placeholders')

export class PlaceholderQueue extends Context.Service<
  PlaceholderQueue,
  {
    /** These messages have come without content; joins the transaction that stores them. */
    readonly add: (
      accountId: string,
      messages: ReadonlyArray<{ readonly threadId: string; readonly messageId: string }>
    ) => Effect.Effect<void, DatabaseError>
    /** Those of one thread that are to be asked for now; what has been filled since is forgotten. */
    readonly due: (
      accountId: string,
      now: number,
      limit: number
    ) => Effect.Effect<ReadonlyArray<Placeholder>, DatabaseError>
    readonly nextDue: (accountId: string) => Effect.Effect<number | undefined, DatabaseError>
    readonly askedFor: (
      placeholders: ReadonlyArray<Placeholder>,
      nextAt: number
    ) => Effect.Effect<void, DatabaseError>
    readonly giveUp: (placeholders: ReadonlyArray<Placeholder>) => Effect.Effect<void, DatabaseError>
  }
>()('backscroll/services/history/PlaceholderQueue') {
  static readonly layer: Layer.Layer<PlaceholderQueue, never, SqlClient.SqlClient | Wakes> = Layer.effect(
    PlaceholderQueue,
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const wakes = yield* Wakes
      const failed = asDatabaseError('messages to be asked for')
      const idsOf = (placeholders: ReadonlyArray<Placeholder>) =>
        JSON.stringify(placeholders.map(({ messageId, threadId }) => [threadId, messageId]))

      const due = Effect.fnUntraced(function* (accountId: string, now: number, limit: number) {
        yield* sql`DELETE FROM placeholders WHERE account_id = ${accountId} AND NOT EXISTS (SELECT 1 FROM messages m
          WHERE m.thread_id = placeholders.thread_id AND m.message_id = placeholders.message_id AND m.type = 'undecryptable')`
        const rows = yield* sql<{
          threadId: string
          messageId: string
          whatsappId: string
          direction: string
          sender: string | null
          asked: number
        }>`SELECT p.thread_id, p.message_id, m.whatsapp_id, m.direction, m.sender, p.asked FROM placeholders p
          JOIN messages m ON m.thread_id = p.thread_id AND m.message_id = p.message_id
          WHERE p.account_id = ${accountId} AND p.next_at <= ${now} AND p.thread_id = (SELECT thread_id FROM placeholders
            WHERE account_id = ${accountId} AND next_at <= ${now} ORDER BY next_at LIMIT 1)
          ORDER BY p.next_at LIMIT ${limit}`
        return rows.map((row): Placeholder => ({
          threadId: row.threadId,
          messageId: row.messageId,
          whatsAppId: row.whatsappId,
          fromMe: row.direction === 'outbound',
          sender: row.sender,
          asked: row.asked
        }))
      }, sql.withTransaction)

      return PlaceholderQueue.of({
        add: (accountId, messages) =>
          messages.length === 0
            ? Effect.void
            : Effect.gen(function* () {
                const at = (yield* Clock.currentTimeMillis) + FIRST_ASKED_AFTER_MS
                for (const { messageId, threadId } of messages) {
                  yield* sql`INSERT INTO placeholders (account_id, thread_id, message_id, next_at)
                    VALUES (${accountId}, ${threadId}, ${messageId}, ${at}) ON CONFLICT DO NOTHING`
                }
                yield* sql.afterCommit(wakes.wake(PLACEHOLDERS, accountId))
              }).pipe(failed),
        due: (accountId, now, limit) => failed(due(accountId, now, limit)),
        nextDue: accountId =>
          failed(
            Effect.map(
              sql<{
                at: number | null
              }>`SELECT MIN(next_at) AS at FROM placeholders WHERE account_id = ${accountId}`,
              ([row]) => row?.at ?? undefined
            )
          ),
        askedFor: (placeholders, nextAt) =>
          failed(
            Effect.asVoid(sql`UPDATE placeholders SET asked = asked + 1, next_at = ${nextAt}
              WHERE (thread_id, message_id) IN (SELECT value ->> 0, value ->> 1 FROM json_each(${idsOf(placeholders)}))`)
          ),
        giveUp: placeholders =>
          failed(
            Effect.asVoid(sql`DELETE FROM placeholders
              WHERE (thread_id, message_id) IN (SELECT value ->> 0, value ->> 1 FROM json_each(${idsOf(placeholders)}))`)
          )
      })
    })
  )
}
