// What an attempt leads to: the entry is sent, waits, is tried again after a pause, or fails for good.
import { Clock, Context, Deferred, Effect, Exit } from 'effect'
import { SqlClient } from 'effect/sql'
import type { Restriction } from '../../domain/account.ts'
import { hasEnded, MAX_SEND_ATTEMPTS, type OutboxStatus, retryDelay } from '../../domain/outbox.ts'
import { AccountStore } from '../conversations/account-store.ts'
import { MessageStore } from '../conversations/message-store.ts'
import { ReceiptStore } from '../conversations/receipt-store.ts'
import type { ChangeWrite } from '../conversations/writes.ts'
import { WaitsForDisk } from '../database/durability.ts'
import { asDatabaseError, type DatabaseError } from '../database/error.ts'
import { CommitsLater } from '../database/transaction.ts'
import { EventLog } from '../events/event-log.ts'
import { Incidents } from '../incidents/incidents.ts'
import { type Batches, makeBatches, type Waiting } from '../process/batches.ts'
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

interface Mark {
  readonly row: OutboxRow
  readonly next: NextState
}

const UPDATE = `UPDATE outbox SET status = ?, attempts = ?, next_attempt_at = ?, last_error = ?, updated_at = ?, content = ?,
    prepared = CASE WHEN ? THEN NULL ELSE prepared END
  WHERE entry_id = ? AND status IN ('queued', 'sending') RETURNING entry_id`

const valuesOf = ({ next, row }: Mark, now: number) => {
  const ends = hasEnded(next.status)
  const content = ends ? redactedContent(row.content) : JSON.stringify(row.content)
  return [next.status, next.attempts, next.nextAt, next.reason, now, content, ends, row.entryId]
}

const changesOf = ({ next, row: { messageId, threadId } }: Mark): ReadonlyArray<ChangeWrite> =>
  (next.changes ?? []).map(change => ({ threadId, messageId, change }))

/** Writes the next states of entries, and what they change in their message documents. */
const markAll = Effect.fnUntraced(function* (marks: ReadonlyArray<Mark>) {
  const sql = yield* SqlClient.SqlClient
  const messages = yield* MessageStore
  const events = yield* EventLog
  const wakes = yield* Wakes
  const now = yield* Clock.currentTimeMillis
  const changed = new Set<Mark>()
  for (const mark of marks) {
    const updated = yield* sql.unsafe(UPDATE, valuesOf(mark, now))
    if (updated.length > 0) changed.add(mark)
  }
  for (const [accountId, ofAccount] of Map.groupBy(marks, ({ row }) => row.accountId)) {
    yield* messages.change(accountId, ofAccount.flatMap(changesOf))
    yield* events.append(
      accountId,
      ofAccount.filter(one => changed.has(one)).map(({ next, row }) => entryEvent(row, next.status))
    )
  }
  for (const { next, row } of marks)
    if (hasEnded(next.status)) yield* sql.afterCommit(wakes.wake(ENDED, row.whatsAppId))
})

const mark = Effect.fnUntraced(function* (row: OutboxRow, next: NextState) {
  const sql = yield* SqlClient.SqlClient
  yield* sql.withTransaction(markAll([{ row, next }]))
})

/** What becomes of entries at the same time is written in one transaction. */
export class Outcomes extends Context.Service<Outcomes, Batches<Mark, void, DatabaseError>>()(
  'backscroll/services/outbox/Outcomes'
) {}

const writeTogether = Effect.fnUntraced(
  function* (batch: ReadonlyArray<Waiting<Mark, void, DatabaseError>>) {
    const sql = yield* SqlClient.SqlClient
    yield* sql.withTransaction(markAll(batch.map(({ item }) => item)))
    for (const { answered } of batch) Deferred.doneUnsafe(answered, Exit.void)
  },
  // Sending goes on at once: what leaves waits for the disk by itself. Receipts, or the next message, are here in a moment.
  Effect.provideService(WaitsForDisk, false),
  Effect.provideService(CommitsLater, () => true),
  asDatabaseError('writing what became of messages')
)

/** Writes what is added until the scope closes. */
export const makeOutcomes = makeBatches({ deal: writeTogether })

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

/** `confirmedAt` is the time at which WhatsApp took it, if that is known. */
export const sent = Effect.fnUntraced(function* (row: OutboxRow, confirmedAt: number | undefined) {
  const now = yield* Clock.currentTimeMillis
  const outcomes = yield* Outcomes
  const changes = kindOf(row.content).effect({ at: confirmedAt ?? now, confirmedAt })
  const next = { status: 'sent', attempts: row.attempts + 1, nextAt: now, reason: null, changes } as const
  yield* outcomes.add({ row, next })
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

/**
 * When a recipient first reported it, milliseconds since 1970; `undefined` when none has. WhatsApp took it before, by an earlier attempt
 * whose answer was lost.
 */
const firstReported = Effect.fnUntraced(function* ({ content, messageId, threadId }: OutboxRow) {
  if (kindOf(content).document.is !== 'new') return undefined
  const receipts = yield* ReceiptStore
  const reports = yield* receipts.list(threadId, messageId)
  const times = reports.flatMap(({ deliveredAt, playedAt, readAt }) => [deliveredAt, readAt, playedAt])
  const known = times.filter(time => time !== null)
  return known.length === 0 ? undefined : Math.min(...known)
})

/**
 * An attempt that failed: tried again after a pause, unless it was the last one or another try cannot change it. What a recipient
 * has does not fail.
 */
export const refused = Effect.fnUntraced(function* (row: OutboxRow, reason: string, isFinal = false) {
  const now = yield* Clock.currentTimeMillis
  const attempts = row.attempts + 1
  if (attempts >= MAX_SEND_ATTEMPTS || isFinal) {
    const reportedAt = yield* firstReported(row)
    return reportedAt === undefined ? yield* fail(row, attempts, reason) : yield* sent(row, reportedAt)
  }
  yield* mark(row, { status: 'queued', attempts, nextAt: now + retryDelay(attempts), reason })
})

/** WhatsApp does not let the account start conversations: shown in its state, and whatever would start one waits. */
export const restricted = Effect.fnUntraced(function* (row: OutboxRow) {
  const sql = yield* SqlClient.SqlClient
  const whatsapp = yield* WhatsApp
  // Asked outside of any transaction: WhatsApp may take long to answer, and nobody waits for it who goes.
  const asked = yield* Effect.exit(Effect.interruptible(whatsapp.restriction(row.accountId)))
  yield* sql.withTransaction(hold(row, Exit.isSuccess(asked) ? asked.value : null))
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
