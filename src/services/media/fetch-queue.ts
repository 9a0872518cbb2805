// Files that are to be downloaded again, or requested from the phone: one row each. A file that was never tried has no row;
// it is found in its message.
import { Effect, Schema } from 'effect'
import type { SqlClient } from 'effect/sql'
import { asMediaError } from './database-errors.ts'
import type { MessageRef } from './message-ref.ts'

/** `download` again, `ask` the phone, or wait for the answer of the phone that was `asked`. */
export const Stage = Schema.Literals(['download', 'ask', 'asked'])
export type Stage = typeof Stage.Type

/** A file that waits; times are milliseconds since 1970. */
export const FetchEntry = Schema.Struct({
  accountId: Schema.String,
  threadId: Schema.String,
  messageId: Schema.String,
  variant: Schema.String,
  /** Of the message that brought the file, as the phone knows it. */
  whatsAppId: Schema.String,
  stage: Stage,
  /** Whether a person asked for it. */
  wanted: Schema.BooleanFromBit,
  /** Downloads that failed. */
  attempts: Schema.Finite,
  /** Requests to the phone. */
  asks: Schema.Finite,
  askedAt: Schema.NullOr(Schema.Finite),
  nextAttemptAt: Schema.Finite
})
export type FetchEntry = typeof FetchEntry.Type

const decodeEntry = Schema.decodeUnknownEffect(FetchEntry)

/** No wait is longer: a later time was written before the clock was set back. */
export const LONGEST_WAIT_MS = 24 * 60 * 60 * 1000

const read = (sql: SqlClient.SqlClient) =>
  Effect.fnUntraced(function* ({ messageId, threadId, variant = '' }: MessageRef) {
    const [row] = yield* sql`SELECT * FROM media_fetches
      WHERE thread_id = ${threadId} AND message_id = ${messageId} AND variant = ${variant}`
    return row === undefined ? undefined : yield* decodeEntry(row)
  }, asMediaError)

const put = (sql: SqlClient.SqlClient) =>
  Effect.fnUntraced(function* (entry: FetchEntry) {
    yield* sql`INSERT INTO media_fetches (account_id, thread_id, message_id, whatsapp_id, stage, wanted, attempts, asks,
        asked_at, next_attempt_at, variant)
      VALUES (${entry.accountId}, ${entry.threadId}, ${entry.messageId}, ${entry.whatsAppId}, ${entry.stage},
        ${entry.wanted}, ${entry.attempts}, ${entry.asks}, ${entry.askedAt}, ${entry.nextAttemptAt},
        ${entry.variant})
      ON CONFLICT (thread_id, message_id, variant) DO UPDATE SET account_id = excluded.account_id,
        whatsapp_id = excluded.whatsapp_id, stage = excluded.stage, wanted = excluded.wanted,
        attempts = excluded.attempts, asks = excluded.asks, asked_at = excluded.asked_at,
        next_attempt_at = excluded.next_attempt_at`
  }, asMediaError)

const remove = (sql: SqlClient.SqlClient) =>
  Effect.fnUntraced(function* ({ messageId, threadId, variant = '' }: MessageRef) {
    yield* sql`DELETE FROM media_fetches
      WHERE thread_id = ${threadId} AND message_id = ${messageId} AND variant = ${variant}`
  }, asMediaError)

const due = (sql: SqlClient.SqlClient) =>
  Effect.fnUntraced(function* (accountId: string, stages: ReadonlyArray<Stage>, now: number, limit: number) {
    const rows = yield* sql`SELECT * FROM media_fetches
      WHERE account_id = ${accountId} AND ${sql.in('stage', stages)}
        AND (next_attempt_at <= ${now} OR next_attempt_at > ${now + LONGEST_WAIT_MS})
      ORDER BY wanted DESC, next_attempt_at LIMIT ${limit}`
    return yield* Effect.forEach(rows, row => decodeEntry(row))
  }, asMediaError)

const nextDueAt = (sql: SqlClient.SqlClient) =>
  Effect.fnUntraced(function* (accountId: string, stages: ReadonlyArray<Stage>) {
    const [row] = yield* sql<{ at: number | null }>`SELECT MIN(next_attempt_at) AS at FROM media_fetches
      WHERE account_id = ${accountId} AND ${sql.in('stage', stages)}`
    return row?.at ?? undefined
  }, asMediaError)

const countAskedSince = (sql: SqlClient.SqlClient) =>
  Effect.fnUntraced(function* (accountId: string, time: number) {
    const [row] = yield* sql<{ n: number }>`SELECT COUNT(*) AS n FROM media_fetches
      WHERE account_id = ${accountId} AND stage = 'asked' AND asked_at > ${time}`
    return row?.n ?? 0
  }, asMediaError)

const withWhatsAppId = (sql: SqlClient.SqlClient) =>
  Effect.fnUntraced(function* (accountId: string, whatsAppId: string) {
    const rows = yield* sql`SELECT * FROM media_fetches
      WHERE account_id = ${accountId} AND whatsapp_id = ${whatsAppId}`
    return yield* Effect.forEach(rows, row => decodeEntry(row))
  }, asMediaError)

export const makeFetchQueue = (sql: SqlClient.SqlClient) => ({
  read: read(sql),
  /** Adds the entry, or replaces the one of the same message. */
  put: put(sql),
  remove: remove(sql),
  /** What is due in these stages, first what a person asked for. */
  due: due(sql),
  nextDueAt: nextDueAt(sql),
  /** Requests to the phone since a time that it has not answered. */
  countAskedSince: countAskedSince(sql),
  /** The entries an answer may be about: WhatsApp's id is unique only together with chat and sender. */
  withWhatsAppId: withWhatsAppId(sql)
})

export type FetchQueue = ReturnType<typeof makeFetchQueue>
