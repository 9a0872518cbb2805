// What WhatsApp answered about phone numbers: who has them, and under which address. Remembered for a day, that nobody has a
// number too.
import { Effect, Schema } from 'effect'
import { SqlClient } from 'effect/sql'
import { listOf } from '../../database/dialect.ts'
import { asDatabaseError } from '../../database/error.ts'

const NumberAnswerRow = Schema.Struct({
  /** The number that was asked about, as an address. */
  askedJid: Schema.String,
  /** The address that WhatsApp has for it; `null` when nobody has the number. */
  jid: Schema.NullOr(Schema.String),
  lid: Schema.NullOr(Schema.String),
  /** Milliseconds since 1970. */
  answeredAt: Schema.Finite
})
export type NumberAnswer = typeof NumberAnswerRow.Type
const decodeRow = Schema.decodeUnknownEffect(NumberAnswerRow)

export const REMEMBERED_MS = 24 * 60 * 60 * 1000
/** Of each account. */
const MOST_REMEMBERED = 10_000

/** The answers about these numbers that still hold, by number. */
export const rememberedAnswers = Effect.fnUntraced(function* (
  accountId: string,
  askedJids: ReadonlyArray<string>,
  now: number
) {
  const sql = yield* SqlClient.SqlClient
  // An answer of the future was written by a clock that has jumped back since.
  const rows = yield* sql`SELECT asked_jid, jid, lid, answered_at FROM number_answers
    WHERE account_id = ${accountId} AND asked_jid IN ${listOf(sql, askedJids)}
      AND answered_at > ${now - REMEMBERED_MS} AND answered_at <= ${now}`
  const answers = yield* Effect.forEach(rows, row => decodeRow(row))
  return new Map(answers.map(answer => [answer.askedJid, answer]))
}, asDatabaseError('reading what is known of numbers'))

const writeAnswers = Effect.fnUntraced(function* (
  accountId: string,
  answers: ReadonlyArray<NumberAnswer>,
  now: number
) {
  const sql = yield* SqlClient.SqlClient
  for (const { answeredAt, askedJid, jid, lid } of answers)
    yield* sql`INSERT INTO number_answers (account_id, asked_jid, jid, lid, answered_at)
      VALUES (${accountId}, ${askedJid}, ${jid}, ${lid}, ${answeredAt})
      ON CONFLICT (account_id, asked_jid) DO UPDATE SET jid = excluded.jid, lid = excluded.lid,
        answered_at = excluded.answered_at`
  yield* sql`DELETE FROM number_answers WHERE account_id = ${accountId} AND (answered_at <= ${now - REMEMBERED_MS}
    OR answered_at <= (SELECT answered_at FROM number_answers WHERE account_id = ${accountId}
      ORDER BY answered_at DESC LIMIT 1 OFFSET ${MOST_REMEMBERED}))`
})

export const rememberAnswers = Effect.fnUntraced(function* (
  accountId: string,
  answers: ReadonlyArray<NumberAnswer>,
  now: number
) {
  const sql = yield* SqlClient.SqlClient
  yield* sql.withTransaction(writeAnswers(accountId, answers, now))
}, asDatabaseError('remembering what WhatsApp said of numbers'))
