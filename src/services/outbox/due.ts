// Which entry of an account is to be sent next: in the order of each thread, held while WhatsApp restricts the account.
import { Effect } from 'effect'
import { SqlClient } from 'effect/sql'
import { STATUS_JID } from '../../domain/jid.ts'
import type { Restriction } from '../../domain/account.ts'
import { greatest } from '../database/dialect.ts'
import { decodeOutboxRow } from './entry-row.ts'

/** No wait of an entry is longer: a later time was written by a clock that has jumped back since. */
const LONGEST_WAIT_MS = 2 * 60 * 60_000

/** Whether the entry goes into a conversation that exists: only others are restricted. */
const inConversation = (sql: SqlClient.SqlClient) =>
  sql`(o.to_jid LIKE '%@g.us' OR o.to_jid = ${STATUS_JID} OR EXISTS
    (SELECT 1 FROM messages m WHERE m.thread_id = o.thread_id AND m.direction = 'inbound'))`

/** The entries to send, up to so many: due, and not preceded by an unsent one of their threads. */
export const nextDue = Effect.fnUntraced(function* (
  accountId: string,
  now: number,
  isRestricted: boolean,
  most: number
) {
  const sql = yield* SqlClient.SqlClient
  const rows = yield* sql`SELECT * FROM outbox o
    WHERE account_id = ${accountId} AND status IN ('queued', 'sending') AND send_at <= ${now}
      AND (next_attempt_at <= ${now} OR next_attempt_at > ${now + LONGEST_WAIT_MS})
      AND NOT EXISTS (SELECT 1 FROM outbox p WHERE p.thread_id = o.thread_id AND p.entry_id < o.entry_id
        AND p.status IN ('queued', 'sending') AND p.send_at <= ${now})
      AND (${isRestricted ? 0 : 1} OR ${inConversation(sql)})
    ORDER BY next_attempt_at, entry_id LIMIT ${most}`
  return yield* Effect.forEach(rows, row => decodeOutboxRow(row))
})

/** Whether more than so many entries are due, preceded by others of their threads or not. */
export const areMoreDue = Effect.fnUntraced(function* (accountId: string, now: number, than: number) {
  const sql = yield* SqlClient.SqlClient
  const found = yield* sql`SELECT 1 FROM outbox
    WHERE account_id = ${accountId} AND status IN ('queued', 'sending') AND send_at <= ${now}
      AND (next_attempt_at <= ${now} OR next_attempt_at > ${now + LONGEST_WAIT_MS})
    LIMIT 1 OFFSET ${than}`
  return found.length > 0
})

/** When the next entry is due that is not due yet; milliseconds since 1970. */
export const nextDueTime = Effect.fnUntraced(function* (accountId: string, now: number) {
  const sql = yield* SqlClient.SqlClient
  const dueAt = sql.literal(greatest(sql, 'send_at', 'next_attempt_at'))
  const [row] = yield* sql<{ at: number | null }>`SELECT MIN(${dueAt}) AS at FROM outbox
    WHERE account_id = ${accountId} AND status IN ('queued', 'sending') AND ${dueAt} > ${now}`
  return row?.at ?? undefined
})

/** Gives the entries that a restriction holds its reason. */
export const explainHeld = Effect.fnUntraced(function* (accountId: string, { reason }: Restriction) {
  const sql = yield* SqlClient.SqlClient
  yield* sql`UPDATE outbox AS o SET last_error = ${reason} WHERE account_id = ${accountId}
    AND status = 'queued' AND last_error IS NOT ${reason} AND NOT ${inConversation(sql)}`
})

/** What waits without having been tried is due at once: WhatsApp lifted the restriction that held it. */
export const releaseHeld = Effect.fnUntraced(function* (accountId: string, now: number) {
  const sql = yield* SqlClient.SqlClient
  // A later attempt has its own back-off. What waits for WhatsApp to answer questions again may ask now, too.
  yield* sql`UPDATE outbox SET next_attempt_at = ${now}, last_error = NULL
    WHERE account_id = ${accountId} AND status = 'queued' AND attempts = 0 AND next_attempt_at > ${now}`
})

/** What a crash interrupted while it was sent waits again; its id tells WhatsApp if it was received already. */
export const requeueInterrupted = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`UPDATE outbox SET status = 'queued' WHERE status = 'sending'`
})
