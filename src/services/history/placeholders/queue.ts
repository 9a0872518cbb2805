// Messages that arrived without their content. The phone is asked for them until they are filled.
import { Clock, Context, Effect, Layer, Schema } from 'effect'
import { SqlClient } from 'effect/sql'
import { topic, Wakes } from '../../process/wakes.ts'
import { rowsOf } from '../../database/dialect.ts'
import { asDatabaseError, type DatabaseError } from '../../database/error.ts'

/** A message without content, as the phone can be asked for it. */
const Placeholder = Schema.Struct({
  threadId: Schema.String,
  messageId: Schema.String,
  whatsAppId: Schema.String,
  fromMe: Schema.BooleanFromBit,
  sender: Schema.NullOr(Schema.String),
  /** How often the phone was asked. */
  asked: Schema.Finite
})
export type Placeholder = typeof Placeholder.Type

type MessageKey = Pick<Placeholder, 'threadId' | 'messageId'>

/** A retry between the devices may bring it sooner, and Baileys asks by itself at once. */
const FIRST_ASKED_AFTER_MS = 30_000

/** Messages without content wait to be asked for. */
export const PLACEHOLDERS = topic('placeholders')

/** Every method fails with `DatabaseError` only. Times are milliseconds since 1970. */
export class PlaceholderQueue extends Context.Service<
  PlaceholderQueue,
  {
    /** Messages came without content; joins the transaction that stores them and wakes the worker after its commit. */
    readonly add: (
      accountId: string,
      messages: ReadonlyArray<MessageKey>
    ) => Effect.Effect<void, DatabaseError>
    /** Messages of one thread that are to be asked for now; those that were filled meanwhile are removed. */
    readonly due: (
      accountId: string,
      now: number,
      limit: number
    ) => Effect.Effect<ReadonlyArray<Placeholder>, DatabaseError>
    /** When the earliest message is to be asked for; `undefined` when none waits. */
    readonly nextDue: (accountId: string) => Effect.Effect<number | undefined, DatabaseError>
    /** The phone was asked for these messages; it is asked again at `nextAt`. */
    readonly askedFor: (
      placeholders: ReadonlyArray<Placeholder>,
      nextAt: number
    ) => Effect.Effect<void, DatabaseError>
    /** Removes these messages: the phone is not asked for them any more. */
    readonly giveUp: (placeholders: ReadonlyArray<Placeholder>) => Effect.Effect<void, DatabaseError>
  }
>()('backscroll/services/history/PlaceholderQueue') {
  static readonly layer: Layer.Layer<PlaceholderQueue, never, SqlClient.SqlClient | Wakes> = Layer.effect(
    PlaceholderQueue,
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const context = Context.make(SqlClient.SqlClient, sql).pipe(Context.add(Wakes, yield* Wakes))
      const run = <A, E>(work: Effect.Effect<A, E, SqlClient.SqlClient | Wakes>) =>
        asDatabaseError('messages to be asked for')(Effect.provideContext(work, context))
      return PlaceholderQueue.of({
        add: (accountId, messages) => run(addAll(accountId, messages)),
        due: (accountId, now, limit) => run(sql.withTransaction(findDue(accountId, now, limit))),
        nextDue: accountId => run(nextDue(accountId)),
        askedFor: (placeholders, nextAt) => run(postpone(placeholders, nextAt)),
        giveUp: placeholders => run(remove(placeholders))
      })
    })
  )
}

const addAll = Effect.fnUntraced(function* (accountId: string, messages: ReadonlyArray<MessageKey>) {
  if (messages.length === 0) return
  const sql = yield* SqlClient.SqlClient
  const wakes = yield* Wakes
  const at = (yield* Clock.currentTimeMillis) + FIRST_ASKED_AFTER_MS
  for (const { messageId, threadId } of messages) {
    yield* sql`INSERT INTO placeholders (account_id, thread_id, message_id, next_at)
      VALUES (${accountId}, ${threadId}, ${messageId}, ${at}) ON CONFLICT DO NOTHING`
  }
  yield* sql.afterCommit(wakes.wake(PLACEHOLDERS, accountId))
})

const findDue = Effect.fnUntraced(function* (accountId: string, now: number, limit: number) {
  yield* removeFilled(accountId)
  const sql = yield* SqlClient.SqlClient
  const rows = yield* sql`SELECT p.thread_id, p.message_id, m.whatsapp_id AS whats_app_id,
      m.direction = 'outbound' AS from_me, m.sender, p.asked
    FROM placeholders p JOIN messages m ON m.thread_id = p.thread_id AND m.message_id = p.message_id
    WHERE p.account_id = ${accountId} AND p.next_at <= ${now} AND p.thread_id = (SELECT thread_id FROM placeholders
      WHERE account_id = ${accountId} AND next_at <= ${now} ORDER BY next_at LIMIT 1)
    ORDER BY p.next_at LIMIT ${limit}`
  return yield* Effect.forEach(rows, row => decodePlaceholder(row))
})

const decodePlaceholder = Schema.decodeUnknownEffect(Placeholder)

const removeFilled = Effect.fnUntraced(function* (accountId: string) {
  const sql = yield* SqlClient.SqlClient
  yield* sql`DELETE FROM placeholders WHERE account_id = ${accountId} AND NOT EXISTS (SELECT 1 FROM messages m
    WHERE m.thread_id = placeholders.thread_id AND m.message_id = placeholders.message_id AND m.type = 'undecryptable')`
})

const nextDue = Effect.fnUntraced(function* (accountId: string) {
  const sql = yield* SqlClient.SqlClient
  const [row] = yield* sql<{ at: number | null }>`SELECT MIN(next_at) AS at FROM placeholders
    WHERE account_id = ${accountId}`
  return row?.at ?? undefined
})

const postpone = Effect.fnUntraced(function* (messages: ReadonlyArray<MessageKey>, nextAt: number) {
  const sql = yield* SqlClient.SqlClient
  yield* sql`UPDATE placeholders SET asked = asked + 1, next_at = ${nextAt}
    WHERE (thread_id, message_id) IN ${keysOf(sql, messages)}`
})

const remove = Effect.fnUntraced(function* (messages: ReadonlyArray<MessageKey>) {
  const sql = yield* SqlClient.SqlClient
  yield* sql`DELETE FROM placeholders
    WHERE (thread_id, message_id) IN ${keysOf(sql, messages)}`
})

const keysOf = (sql: SqlClient.SqlClient, messages: ReadonlyArray<MessageKey>) =>
  rowsOf(
    sql,
    messages.map(({ messageId, threadId }) => [threadId, messageId]),
    ['thread_id', 'message_id']
  )
