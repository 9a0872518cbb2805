// Encrypted add-ons that wait for the message that has their secret, in SQL. They are tried again whenever something has
// changed: their message was stored, has another secret, or is in another thread.
import { Effect, Schema } from 'effect'
import type { SqlClient } from 'effect/sql'
import { addOnIdOf, messageSecretIn, SealedAddOn } from '../../../domain/sealed-add-on.ts'
import { listOf, moveRows, rowsOf } from '../../database/dialect.ts'
import type { MessageRekey, ThreadMerge } from '../../database/tables.ts'
import type { SealedWrite } from '../writes.ts'
import type { RowsOfPeople } from './rows-of-people.ts'

const encode = Schema.encodeEffect(Schema.fromJsonString(SealedAddOn))
const decode = Schema.decodeUnknownEffect(Schema.fromJsonString(SealedAddOn))

const TABLE = 'sealed_add_ons'

export type Key = readonly [threadId: string, messageId: string]

export const putSealed = Effect.fnUntraced(function* (
  sql: SqlClient.SqlClient,
  accountId: string,
  writes: ReadonlyArray<SealedWrite>,
  now: number
) {
  for (const { addOn, by, messageId, threadId } of writes) {
    yield* sql`INSERT INTO sealed_add_ons (account_id, thread_id, message_id, add_on_id, add_on, waiting_since, is_due, by_person)
      VALUES (${accountId}, ${threadId}, ${messageId}, ${addOnIdOf(addOn)}, ${yield* encode(addOn)}, ${now}, 1, ${by})
      ON CONFLICT DO NOTHING`
  }
})

/** The add-ons of these messages are to be tried again. Answers which of the messages have any. */
export const dueAgain = Effect.fnUntraced(function* (sql: SqlClient.SqlClient, keys: ReadonlyArray<Key>) {
  const [any] = yield* sql`SELECT 1 FROM sealed_add_ons LIMIT 1`
  if (any === undefined) return []
  const given = rowsOf(sql, keys, ['thread_id', 'message_id'])
  const found = yield* sql<{ threadId: string; messageId: string }>`SELECT DISTINCT s.thread_id, s.message_id
    FROM ${given} AS stored JOIN sealed_add_ons s ON s.thread_id = stored.thread_id AND s.message_id = stored.message_id`
  if (found.length > 0)
    yield* sql`UPDATE sealed_add_ons SET is_due = 1 WHERE (thread_id, message_id) IN ${given}`
  return found
})

/** An add-on that is to be tried, with what is stored of its message. */
export interface DueAddOn {
  readonly row: number
  readonly threadId: string
  readonly messageId: string
  readonly isCounted: boolean
  readonly addOn: SealedAddOn
  /** The type of its message; `null` when that is not stored. */
  readonly type: string | null
  /** The secrets its message is stored with. */
  readonly secrets: ReadonlyArray<Uint8Array>
}

interface DueRow extends Pick<DueAddOn, 'row' | 'threadId' | 'messageId' | 'type'> {
  readonly addOn: string
  readonly isCounted: number
  readonly raw: Uint8Array | null
  readonly details: string | null
}

const Secrets = Schema.Struct({ secrets: Schema.optionalKey(Schema.Array(Schema.Uint8ArrayFromBase64)) })
const decodeSecrets = Schema.decodeUnknownEffect(Schema.fromJsonString(Secrets))

const secretsOf = Effect.fnUntraced(function* ({ details, raw }: DueRow) {
  const own = raw === null ? undefined : messageSecretIn(raw)
  const { secrets: later = [] } = details === null ? {} : yield* decodeSecrets(details)
  return own === undefined ? later : [own, ...later]
})

export const hasDueSealed = (sql: SqlClient.SqlClient, accountId: string) =>
  Effect.map(
    sql`SELECT 1 FROM sealed_add_ons WHERE account_id = ${accountId} AND is_due = 1 LIMIT 1`,
    rows => rows.length > 0
  )

export const dueSealed = Effect.fnUntraced(function* (
  sql: SqlClient.SqlClient,
  accountId: string,
  limit: number
) {
  if (!(yield* hasDueSealed(sql, accountId))) return []
  const rows =
    yield* sql<DueRow>`SELECT s.sealed_row AS row, s.thread_id, s.message_id, s.is_counted, s.add_on,
      m.type, m.raw, m.details
    FROM sealed_add_ons s LEFT JOIN messages m ON m.thread_id = s.thread_id AND m.message_id = s.message_id
    WHERE s.account_id = ${accountId} AND s.is_due = 1 ORDER BY s.sealed_row LIMIT ${limit}`
  return yield* Effect.forEach(
    rows,
    Effect.fnUntraced(function* (row) {
      const { messageId, row: number, threadId, type } = row
      const due: DueAddOn = {
        row: number,
        threadId,
        messageId,
        type,
        isCounted: row.isCounted === 1,
        addOn: yield* decode(row.addOn),
        secrets: yield* secretsOf(row)
      }
      return due
    })
  )
})

export const removeSealed = (sql: SqlClient.SqlClient, rows: ReadonlyArray<number>) =>
  sql`DELETE FROM sealed_add_ons WHERE sealed_row IN ${listOf(sql, rows)}`

/** These were tried; they wait until something changes. */
export const waitOn = (sql: SqlClient.SqlClient, rows: ReadonlyArray<number>) =>
  sql`UPDATE sealed_add_ons SET is_due = 0 WHERE sealed_row IN ${listOf(sql, rows)}`

/** A message is reported, and edited, a few times. */
const MOST_ATTEMPTS = 20

/** These were tried, and counted as add-ons that cannot be opened. One that was tried often enough is given up. */
export const countSealed = (sql: SqlClient.SqlClient, rows: ReadonlyArray<number>) =>
  Effect.andThen(
    sql`UPDATE sealed_add_ons SET is_due = 0, is_counted = 1, attempts = attempts + 1
      WHERE sealed_row IN ${listOf(sql, rows)}`,
    sql`DELETE FROM sealed_add_ons WHERE attempts >= ${MOST_ATTEMPTS} AND sealed_row IN ${listOf(sql, rows)}`
  )

/** Every known form of the addresses, a number that the person had before too: which one a key was made with is not said. */
export const formsOfPeople = Effect.fnUntraced(function* (
  sql: SqlClient.SqlClient,
  accountId: string,
  jids: ReadonlyArray<string>
) {
  const rows = yield* sql<{ jid: string }>`SELECT other.jid FROM ${listOf(sql, jids, 'jid')} AS given
    JOIN addresses one ON one.account_id = ${accountId} AND one.jid = given.jid
    JOIN addresses other ON other.account_id = ${accountId}
      AND (other.person = one.person OR other.thread_person = one.person)`
  return [...new Set([...jids, ...rows.map(({ jid }) => jid)])]
})

/** Either the add-ons move to the thread of their message, or the message moves to theirs. */
export const moveSealedOfThread = (sql: SqlClient.SqlClient, { from, to }: ThreadMerge) =>
  Effect.andThen(
    moveRows(sql, 'replaceExisting', { table: TABLE, column: 'thread_id', key: ['thread_id'] }, to, [from]),
    Effect.asVoid(sql`UPDATE sealed_add_ons SET is_due = 1 WHERE thread_id = ${to}`)
  )

export const rekeySealed = (sql: SqlClient.SqlClient, { from, threadId, to }: MessageRekey) =>
  Effect.andThen(
    moveRows(
      sql,
      'replaceExisting',
      { table: TABLE, column: 'message_id', key: ['thread_id', 'message_id'] },
      to,
      [threadId, from]
    ),
    Effect.asVoid(
      sql`UPDATE sealed_add_ons SET is_due = 1 WHERE thread_id = ${threadId} AND message_id = ${to}`
    )
  )

/** Whose they are, and which are the oldest. */
export const SEALED_OF_PEOPLE: RowsOfPeople = { table: TABLE, order: 'sealed_row', content: 'add_on' }

export const deleteSealed = (sql: SqlClient.SqlClient, before: number) =>
  sql`DELETE FROM sealed_add_ons WHERE waiting_since < ${before}`
