// Entries that end without having been sent: cancelled by an application, or expired.
import { Clock, Effect } from 'effect'
import { SqlClient } from 'effect/sql'
import { MessageStore } from '../conversations/message-store.ts'
import { asDatabaseError } from '../database/error.ts'
import { EventLog } from '../events/event-log.ts'
import { Wakes } from '../process/wakes.ts'
import { Attempts } from './attempts.ts'
import { findRow } from './entries.ts'
import { decodeOutboxRow, entryEvent, entryOf, type OutboxRow, redactedContent } from './entry-row.ts'
import { NotCancellable } from './errors.ts'
import { waitingFollowers } from './followers.ts'
import { kindOf } from './kinds/index.ts'
import { ENDED, OUTBOX } from './topics.ts'

const withdraw = Effect.fnUntraced(function* (
  row: OutboxRow,
  status: 'cancelled' | 'expired',
  reason: string
) {
  const sql = yield* SqlClient.SqlClient
  const messages = yield* MessageStore
  const wakes = yield* Wakes
  const now = yield* Clock.currentTimeMillis
  yield* sql`UPDATE outbox SET status = ${status}, last_error = ${reason}, updated_at = ${now},
      content = ${redactedContent(row.content)}, prepared = NULL
    WHERE entry_id = ${row.entryId}`
  const events = yield* EventLog
  yield* events.append(row.accountId, [entryEvent(row, status)])
  yield* sql.afterCommit(wakes.wake(ENDED, row.whatsAppId))
  if (kindOf(row.content).document.is !== 'new') return
  const { messageId, threadId } = row
  const messageStatus = status === 'cancelled' ? 'cancelled' : 'failed'
  yield* messages.change(row.accountId, [
    { threadId, messageId, change: { to: 'status', status: messageStatus, reason } }
  ])
})

const cancelRow = Effect.fnUntraced(function* (accountId: string, entryId: string) {
  const sql = yield* SqlClient.SqlClient
  const wakes = yield* Wakes
  const attempts = yield* Attempts
  const row = yield* findRow(accountId, entryId)
  if (row?.status !== 'queued') return yield* new NotCancellable({ status: row?.status ?? null })
  if (attempts.isRunning(row)) return yield* new NotCancellable({ status: 'sending' })
  const reason = 'It was cancelled before it was sent'
  for (const one of [...(yield* waitingFollowers(row)), row]) yield* withdraw(one, 'cancelled', reason)
  // What waited behind it in its thread need not wait any more.
  yield* sql.afterCommit(wakes.wake(OUTBOX, accountId))
  return entryOf({ ...row, status: 'cancelled', lastError: reason })
})

/** Takes an entry back that is not being sent yet. */
export const cancel = Effect.fn('Outbox.cancel')(function* (accountId: string, entryId: string) {
  const sql = yield* SqlClient.SqlClient
  const attempts = yield* Attempts
  return yield* attempts.withoutChoosing(accountId, sql.withTransaction(cancelRow(accountId, entryId)))
}, asDatabaseError('cancelling a message'))

const expireRows = Effect.fnUntraced(function* (accountId: string, now: number) {
  const sql = yield* SqlClient.SqlClient
  const wakes = yield* Wakes
  const attempts = yield* Attempts
  const rows = yield* sql`SELECT * FROM outbox
    WHERE account_id = ${accountId} AND status = 'queued' AND expires_at <= ${now}`
  const waiting = yield* Effect.forEach(rows, row => decodeOutboxRow(row))
  const expired = waiting.filter(row => !attempts.isRunning(row))
  for (const row of expired) yield* withdraw(row, 'expired', 'It expired before it could be sent')
  yield* sql.afterCommit(wakes.wake(OUTBOX, accountId))
  return expired.length < waiting.length
})

/** Ends every entry whose time is over, unless it is being sent: answers whether one is. */
export const expire = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const attempts = yield* Attempts
  const now = yield* Clock.currentTimeMillis
  const accounts = yield* sql<{ accountId: string }>`SELECT DISTINCT account_id FROM outbox
    WHERE status = 'queued' AND expires_at <= ${now}`
  const areSending = yield* Effect.forEach(accounts, ({ accountId }) =>
    attempts.withoutChoosing(accountId, sql.withTransaction(expireRows(accountId, now)))
  )
  return areSending.includes(true)
})
