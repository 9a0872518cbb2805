// What an attempt leads to: the entry is sent, waits, is tried again after a pause, or fails for good.
import { Clock, Effect } from 'effect'
import { SqlClient } from 'effect/sql'
import type { Restriction } from '../../domain/account.ts'
import { hasEnded, MAX_SEND_ATTEMPTS, type OutboxStatus, retryDelay } from '../../domain/outbox.ts'
import { AccountStore } from '../conversations/account-store.ts'
import { MessageStore } from '../conversations/message-store.ts'
import type { ChangeWrite } from '../conversations/writes.ts'
import { asDatabaseError } from '../database/error.ts'
import { EventLog } from '../events/event-log.ts'
import { Incidents } from '../incidents/incidents.ts'
import { Wakes } from '../process/wakes.ts'
import { count } from '../telemetry/metrics.ts'
import { WhatsApp } from '../whatsapp/whatsapp.ts'
import { entryEvent, type OutboxRow, redactedContent } from './entry-row.ts'
import { waitingFollowers } from './followers.ts'
import { kindOf } from './kinds/index.ts'
import { ENDED } from './topics.ts'

/** When WhatsApp refuses to start a conversation and names no restriction, one is assumed: every try counts against the account. */
const ASSUMED_RESTRICTION_MS = 15 * 60_000

interface NextState {
  readonly status: OutboxStatus
  readonly attempts: number
  /** Milliseconds since 1970. */
  readonly nextAt: number
  readonly reason: string | null
  /** Of the message document. */
  readonly changes?: ReadonlyArray<ChangeWrite['change']>
}

/** Writes the entry's next state, and what it changes in its message document. */
const mark = Effect.fnUntraced(function* (row: OutboxRow, next: NextState) {
  const sql = yield* SqlClient.SqlClient
  const messages = yield* MessageStore
  const wakes = yield* Wakes
  const now = yield* Clock.currentTimeMillis
  const ends = hasEnded(next.status)
  const content = ends ? redactedContent(row.content) : JSON.stringify(row.content)
  const { messageId, threadId } = row
  const wake = ends ? sql.afterCommit(wakes.wake(ENDED, row.whatsAppId)) : Effect.void
  const events = yield* EventLog
  yield* Effect.andThen(
    sql`UPDATE outbox SET status = ${next.status}, attempts = ${next.attempts}, next_attempt_at = ${next.nextAt},
        last_error = ${next.reason}, updated_at = ${now}, content = ${content},
        prepared = CASE WHEN ${ends} THEN NULL ELSE prepared END
      WHERE entry_id = ${row.entryId} AND status IN ('queued', 'sending')`,
    messages.change(
      row.accountId,
      (next.changes ?? []).map(change => ({ threadId, messageId, change }))
    )
  ).pipe(
    Effect.andThen(events.append(row.accountId, [entryEvent(row, next.status)])),
    Effect.andThen(wake),
    sql.withTransaction
  )
})

/** That it is being sent is over in a moment: what comes of it is told, and changes the message document. */
export const markSending = Effect.fnUntraced(function* (row: OutboxRow) {
  const sql = yield* SqlClient.SqlClient
  const now = yield* Clock.currentTimeMillis
  yield* sql`UPDATE outbox SET status = ${'sending'}, attempts = ${row.attempts}, next_attempt_at = ${now},
      last_error = NULL, updated_at = ${now}
    WHERE entry_id = ${row.entryId} AND status IN ('queued', 'sending')`
}, asDatabaseError('marking a message as being sent'))

/** Waits without having used up an attempt. */
export const wait = (row: OutboxRow, until: number, reason: string | null) =>
  mark(row, { status: 'queued', attempts: row.attempts, nextAt: until, reason })

/** `confirmedAt` is the time at which WhatsApp took it, if it said so. */
export const sent = Effect.fnUntraced(function* (row: OutboxRow, confirmedAt: number | undefined) {
  const now = yield* Clock.currentTimeMillis
  yield* mark(row, {
    status: 'sent',
    attempts: row.attempts + 1,
    nextAt: now,
    reason: null,
    changes: kindOf(row.content).effect({ at: confirmedAt ?? now, confirmedAt })
  })
  yield* count.sent
  const { accountId, createdAt, messageId } = row
  yield* Effect.logInfo('Message sent').pipe(
    Effect.annotateLogs({
      accountId,
      messageId,
      kind: row.content.kind,
      attempts: row.attempts + 1,
      ms: now - createdAt
    })
  )
})

/** What a person reads of reasons that are codes. */
const EXPLAINED: Readonly<Record<string, { readonly happened: string; readonly advice: string }>> = {
  'recipient.notOnWhatsApp': {
    happened: 'nobody on WhatsApp has its number',
    advice: 'Check the number; send the message again if it is the right one and has WhatsApp now'
  },
  'recipient.numberMoved': {
    happened: 'its number belongs to somebody else now',
    advice: 'Ask the recipient for their number, or send to it if its owner of today is meant'
  }
}

const markFailed = Effect.fnUntraced(function* (row: OutboxRow, attempts: number, reason: string) {
  const isMessage = kindOf(row.content).document.is === 'new'
  yield* mark(row, {
    status: 'failed',
    attempts,
    nextAt: yield* Clock.currentTimeMillis,
    reason,
    changes: isMessage ? [{ to: 'status', status: 'failed', reason }] : []
  })
})

/** Of an album that cannot be sent, neither can the pictures. */
const failWithFollowers = Effect.fnUntraced(function* (row: OutboxRow, attempts: number, reason: string) {
  const sql = yield* SqlClient.SqlClient
  const followers = yield* waitingFollowers(row)
  yield* Effect.forEach([...followers.map(one => [one, 0] as const), [row, attempts] as const], each =>
    markFailed(...each, reason)
  ).pipe(sql.withTransaction)
})

const fail = Effect.fnUntraced(function* (row: OutboxRow, attempts: number, reason: string) {
  const incidents = yield* Incidents
  yield* failWithFollowers(row, attempts, reason)
  yield* incidents.report({
    accountId: row.accountId,
    kind: 'outbox.failed',
    severity: 'error',
    subject: row.whatsAppId,
    threadId: row.threadId,
    messageId: row.messageId,
    happened: `A message could not be sent: ${EXPLAINED[reason]?.happened ?? reason}`,
    did: `Gave up after ${attempts} attempts; the entry is marked as failed`,
    advice:
      EXPLAINED[reason]?.advice ??
      'Look at the account on its phone; send the message again once the cause is gone'
  })
})

/** An attempt that failed: tried again after a pause, unless it was the last one or another try cannot change it. */
export const refused = Effect.fnUntraced(function* (row: OutboxRow, reason: string, isFinal = false) {
  const now = yield* Clock.currentTimeMillis
  const attempts = row.attempts + 1
  if (attempts >= MAX_SEND_ATTEMPTS || isFinal) return yield* fail(row, attempts, reason)
  yield* mark(row, { status: 'queued', attempts, nextAt: now + retryDelay(attempts), reason })
})

/** WhatsApp does not let the account start conversations: shown in its state, and whatever would start one waits. */
export const restricted = Effect.fnUntraced(function* (row: OutboxRow) {
  const sql = yield* SqlClient.SqlClient
  const whatsapp = yield* WhatsApp
  // Asked outside of any transaction: WhatsApp may take long to answer.
  const known = yield* Effect.orElseSucceed(whatsapp.restriction(row.accountId), () => null)
  yield* sql.withTransaction(hold(row, known))
})

const hold = Effect.fnUntraced(function* (row: OutboxRow, known: Restriction | null) {
  const accounts = yield* AccountStore
  const incidents = yield* Incidents
  const now = yield* Clock.currentTimeMillis
  const restriction: Restriction = known ?? {
    kind: 'reachout',
    reason: 'WhatsApp does not let this account start new conversations and does not say until when',
    until: now + ASSUMED_RESTRICTION_MS
  }
  yield* accounts.update(row.accountId, { restriction })
  // WhatsApp knows better than we do which conversations exist: this entry waits even if it seems to be in one.
  yield* wait(row, Math.min(restriction.until, now + ASSUMED_RESTRICTION_MS), restriction.reason)
  yield* incidents.report({
    accountId: row.accountId,
    kind: 'account.restricted',
    severity: 'warning',
    subject: restriction.kind,
    happened: restriction.reason,
    did: 'Messages to people who never wrote wait, without using up attempts; all other messages are sent',
    advice: 'Nothing: it ends by itself. Write less to people who do not expect it'
  })
})
