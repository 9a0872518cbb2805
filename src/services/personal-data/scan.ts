// Looks through everything that an account has for what is of one person outside of their own conversation: messages in groups, channels
// and statuses, and receipts. There is no index for either, so it is done in steps, and what is live goes before each of them.
import { Effect, Option, Stream } from 'effect'
import { SqlClient } from 'effect/sql'
import type { Receipt } from '../../domain/message.ts'
import { type FoundRow, type KnownPerson, PersonalMessages } from '../conversations/personal-messages.ts'
import { asDatabaseError, type DatabaseError } from '../database/error.ts'
import { listOf } from '../database/dialect.ts'
import { LiveTraffic } from '../journal/traffic.ts'
import { makePace, type Pace } from '../process/pace.ts'

export interface Scanned {
  readonly accountId: string
  readonly person: KnownPerson
  /** Messages in higher rows were stored later. */
  readonly upTo: number
}

/** Rows looked at in one step. */
export const rowsPace = (): Pace => makePace({ first: 1000, least: 100, most: 20_000 })
/** A step ends with so many messages that were found, which are read then. */
const FOUND_AT_ONCE = 100

/** The rows of messages outside of the person's conversation that the person wrote or that name them, a batch for each step. */
export const foundElsewhere = ({ accountId, person, upTo }: Scanned) =>
  Stream.unwrap(
    Effect.gen(function* () {
      const messages = yield* PersonalMessages
      const { quiet } = yield* LiveTraffic
      const pace = rowsPace()
      return Stream.paginate<number, ReadonlyArray<FoundRow>, DatabaseError>(
        0,
        Effect.fnUntraced(function* (after) {
          yield* quiet('part')
          return yield* pace.step(
            Effect.fnUntraced(function* (size) {
              const { rows, scanned } = yield* messages.rows({
                accountId,
                person,
                after,
                before: { upTo: Math.min(after + size, upTo), at: Number.MAX_SAFE_INTEGER },
                limit: FOUND_AT_ONCE
              })
              return [[rows], scanned >= upTo ? Option.none<number>() : Option.some(scanned)] as const
            })
          )
        })
      )
    })
  )

/** The key of a row of receipts. */
interface ReceiptKey {
  readonly threadId: string
  readonly messageId: string
  readonly recipient: string
}

export interface FoundReceipt {
  readonly threadId: string
  readonly messageId: string
  readonly receipt: Receipt
}

const FIRST: ReceiptKey = { threadId: '', messageId: '', recipient: '' }

const isAfter = (sql: SqlClient.SqlClient, { messageId, recipient, threadId }: ReceiptKey) =>
  sql`(thread_id, message_id, recipient) > (${threadId}, ${messageId}, ${recipient})`

/** Where a step of so many rows of receipts ends; `undefined` when there are not so many. */
const endOfStep = Effect.fnUntraced(function* (sql: SqlClient.SqlClient, after: ReceiptKey, size: number) {
  const [row] = yield* sql<ReceiptKey>`SELECT thread_id, message_id, recipient FROM receipts
    WHERE ${isAfter(sql, after)} ORDER BY thread_id, message_id, recipient LIMIT 1 OFFSET ${size - 1}`
  return row
})

const receiptsBetween = Effect.fnUntraced(function* (
  sql: SqlClient.SqlClient,
  { accountId, person }: Scanned,
  after: ReceiptKey,
  last: ReceiptKey | undefined
) {
  const isBefore =
    last === undefined
      ? sql`1 = 1`
      : sql`(thread_id, message_id, recipient) <= (${last.threadId}, ${last.messageId}, ${last.recipient})`
  const rows = yield* sql<
    Receipt & ReceiptKey
  >`SELECT thread_id, message_id, recipient, delivered_at, read_at, played_at
    FROM receipts WHERE ${isAfter(sql, after)} AND ${isBefore} AND account_id = ${accountId}
      AND recipient IN ${listOf(sql, person.addresses)} AND thread_id NOT IN ${listOf(sql, person.threadIds)}
    ORDER BY thread_id, message_id, recipient`
  return rows.map(({ messageId, threadId, ...receipt }): FoundReceipt => ({ threadId, messageId, receipt }))
})

/** When messages of the account reached the person in other threads than theirs, a batch for each step. */
export const foundReceipts = (scanned: Scanned) =>
  Stream.unwrap(
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const { quiet } = yield* LiveTraffic
      const pace = rowsPace()
      return Stream.paginate<ReceiptKey, ReadonlyArray<FoundReceipt>, DatabaseError>(FIRST, after =>
        Effect.andThen(
          quiet('part'),
          pace
            .step(
              Effect.fnUntraced(function* (size) {
                const last = yield* endOfStep(sql, after, size)
                const found = yield* receiptsBetween(sql, scanned, after, last)
                return [[found], Option.fromUndefinedOr(last)] as const
              })
            )
            .pipe(asDatabaseError('receipts of a person'))
        )
      )
    })
  )
