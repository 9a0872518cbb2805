// Sends what is due in the outbox, one entry at a time: in the order of each thread, at the account's pace, held while
// WhatsApp restricts the account. Waiting uses up no attempt.
import { Clock, Effect } from 'effect'
import { SqlClient } from 'effect/sql'
import { ownAddresses, type Restriction } from '../../domain/account.ts'
import { isMessage, MAX_SEND_ATTEMPTS, type OutboxStatus, retryDelay } from '../../domain/outbox.ts'
import { Incidents } from '../incidents/incidents.ts'
import { Store } from '../conversations/store.ts'
import type { ChangeWrite } from '../conversations/writes.ts'
import { outgoingContent } from '../whatsapp/convert/outgoing.ts'
import { UploadFailed } from '../whatsapp/errors.ts'
import { WhatsApp } from '../whatsapp/whatsapp.ts'
import { Attachments } from './attachments.ts'
import { decodeOutboxRow, type OutboxRow, withoutWords } from './entry-row.ts'
import { count } from '../telemetry/metrics.ts'
import { continueTrace } from '../telemetry/tracing.ts'

/** WhatsApp's answer to a message that would start a conversation the account may not start. */
const RESTRICTED = 463
/** Answers that another try does not change: not allowed, no such recipient. */
const FINAL: ReadonlySet<number> = new Set([403, 404])
/** When WhatsApp refuses so and tells of no restriction, one is assumed for this long: every try counts against the account. */
const HELD_MS = 15 * 60_000
/** No wait of an entry is longer: a later time was written by a clock that has jumped back since. */
const LONGEST_WAIT_MS = 2 * 60 * 60_000

export const makeSender = Effect.fnUntraced(function* (options: { readonly paceMs: number }) {
  const sql = yield* SqlClient.SqlClient
  const store = yield* Store
  const whatsapp = yield* WhatsApp
  const incidents = yield* Incidents
  const attachments = yield* Attachments

  /** Whether the entry goes into a conversation that exists: only others are restricted. */
  const inConversation = sql`(o.to_jid LIKE '%@g.us' OR EXISTS
    (SELECT 1 FROM messages m WHERE m.thread_id = o.thread_id AND m.direction = 'inbound'))`

  /** The entry that is to be sent next: due, and not preceded by an unsent one of its thread. */
  const nextDue = Effect.fnUntraced(function* (accountId: string, now: number, restricted: boolean) {
    const [row] = yield* sql`SELECT * FROM outbox o
      WHERE account_id = ${accountId} AND status IN ('queued', 'sending') AND send_at <= ${now}
        AND (next_attempt_at <= ${now} OR next_attempt_at > ${now + LONGEST_WAIT_MS})
        AND NOT EXISTS (SELECT 1 FROM outbox p WHERE p.thread_id = o.thread_id AND p.entry_id < o.entry_id
          AND p.status IN ('queued', 'sending') AND p.send_at <= ${now})
        AND (${restricted ? 0 : 1} OR ${inConversation})
      ORDER BY next_attempt_at, entry_id LIMIT 1`
    return row === undefined ? undefined : yield* decodeOutboxRow(row)
  })

  const explainHeld = (accountId: string, { reason }: Restriction) =>
    sql`UPDATE outbox AS o SET last_error = ${reason} WHERE account_id = ${accountId}
      AND status = 'queued' AND last_error IS NOT ${reason} AND NOT ${inConversation}`

  const nextWaiting = Effect.fnUntraced(function* (accountId: string, now: number) {
    const [row] = yield* sql<{
      at: number | null
    }>`SELECT MIN(MAX(send_at, next_attempt_at)) AS at FROM outbox
      WHERE account_id = ${accountId} AND status IN ('queued', 'sending') AND MAX(send_at, next_attempt_at) > ${now}`
    return row?.at ?? undefined
  })

  const mark = Effect.fnUntraced(function* (
    row: OutboxRow,
    next: {
      readonly status: OutboxStatus
      readonly attempts: number
      readonly nextAt: number
      readonly reason: string | null
      readonly changes?: ReadonlyArray<ChangeWrite['change']>
    }
  ) {
    const now = yield* Clock.currentTimeMillis
    const hasEnded = next.status === 'sent' || next.status === 'failed'
    yield* sql`UPDATE outbox SET status = ${next.status}, attempts = ${next.attempts}, next_attempt_at = ${next.nextAt},
        last_error = ${next.reason}, updated_at = ${now},
        content = ${JSON.stringify(hasEnded ? withoutWords(row.content) : row.content)},
        prepared = CASE WHEN ${hasEnded} THEN NULL ELSE prepared END
      WHERE entry_id = ${row.entryId} AND status IN ('queued', 'sending')`
    const { messageId, threadId } = row
    yield* store.putChanges(
      row.accountId,
      (next.changes ?? []).map(change => ({ threadId, messageId, change }))
    )
  }, sql.withTransaction)

  const wait = (row: OutboxRow, until: number, reason: string | null) =>
    mark(row, { status: 'queued', attempts: row.attempts, nextAt: until, reason })

  /** What a sent entry changes here: WhatsApp does not tell the device that sent it. */
  const effectOf = ({ content }: OutboxRow, sentAt: number | undefined, now: number) => {
    const changes: Array<ChangeWrite['change']> = []
    const at = sentAt ?? now
    if (isMessage(content)) {
      changes.push({ to: 'status', status: 'sent', reason: null })
      if (sentAt !== undefined) changes.push({ to: 'timed', at: sentAt })
    } else if (content.kind === 'reaction') {
      changes.push({ to: 'reacted', sender: 'me', emoji: content.emoji, at })
    } else if (content.kind === 'edit') {
      changes.push({ to: 'edited', body: content.text, at })
    } else if (content.kind === 'revoke') {
      changes.push({ to: 'revoked', at })
    }
    return changes
  }

  const sent = Effect.fnUntraced(function* (row: OutboxRow, sentAt: number | undefined) {
    const now = yield* Clock.currentTimeMillis
    yield* mark(row, {
      status: 'sent',
      attempts: row.attempts + 1,
      nextAt: now,
      reason: null,
      changes: effectOf(row, sentAt, now)
    })
    yield* count.sent
  })

  const giveUp = Effect.fnUntraced(function* (row: OutboxRow, attempts: number, reason: string) {
    const now = yield* Clock.currentTimeMillis
    yield* mark(row, {
      status: 'failed',
      attempts,
      nextAt: now,
      reason,
      changes: isMessage(row.content) ? [{ to: 'status', status: 'failed', reason }] : []
    })
    yield* incidents.report({
      accountId: row.accountId,
      kind: 'outbox.failed',
      severity: 'error',
      subject: row.whatsappId,
      threadId: row.threadId,
      messageId: row.messageId,
      happened: `A message could not be sent: ${reason}`,
      did: `Gave up after ${attempts} attempts; the entry is marked as failed`,
      advice: 'Look at the account on its phone; send the message again once the cause is gone'
    })
  })

  const refused = Effect.fnUntraced(function* (row: OutboxRow, reason: string, isFinal = false) {
    const now = yield* Clock.currentTimeMillis
    const attempts = row.attempts + 1
    if (attempts >= MAX_SEND_ATTEMPTS || isFinal) return yield* giveUp(row, attempts, reason)
    yield* mark(row, { status: 'queued', attempts, nextAt: now + retryDelay(attempts), reason })
  })

  /** WhatsApp does not let the account start conversations: shown in its state, and whatever would start one waits. */
  const restricted = Effect.fnUntraced(function* (row: OutboxRow) {
    // Asked outside of any transaction: the answer may take as long as WhatsApp likes.
    const told = yield* Effect.orElseSucceed(whatsapp.restriction(row.accountId), () => null)
    yield* hold(row, told)
  })

  const hold = Effect.fnUntraced(function* (row: OutboxRow, told: Restriction | null) {
    const now = yield* Clock.currentTimeMillis
    const restriction: Restriction = told ?? {
      kind: 'reachout',
      reason: 'WhatsApp does not let this account start new conversations and does not say until when',
      until: now + HELD_MS
    }
    yield* store.updateAccount(row.accountId, { restriction })
    // WhatsApp knows better than we do which conversations exist: this entry waits even if it seems to be in one.
    yield* wait(row, Math.min(restriction.until, now + HELD_MS), restriction.reason)
    yield* incidents.report({
      accountId: row.accountId,
      kind: 'account.restricted',
      severity: 'warning',
      subject: restriction.kind,
      happened: restriction.reason,
      did: 'Messages to people who never wrote wait, without using up attempts; everything else goes on',
      advice: 'Nothing: it ends by itself. Write less to people who do not expect it'
    })
  }, sql.withTransaction)

  /** The protobuf of an entry; media are uploaded once, and every later attempt sends the same. */
  const prepare = Effect.fnUntraced(function* (row: OutboxRow) {
    if (row.prepared !== null) return row.prepared
    if (row.content.kind !== 'media') return yield* new UploadFailed({ reason: 'its content is gone' })
    const { file, quoted, ...media } = row.content
    if (!(yield* attachments.exists(file))) return yield* new UploadFailed({ reason: 'its file is gone' })
    const self = ownAddresses(yield* store.readAccount(row.accountId))
    const destination = { toJid: row.toJid, selfJid: self.jid, now: yield* Clock.currentTimeMillis }
    const answered = quoted === undefined ? undefined : yield* store.readRaw(row.threadId, quoted.messageId)
    const bytes = yield* whatsapp.upload(
      row.accountId,
      { ...media, quoted, path: attachments.pathOf(file) },
      destination,
      answered
    )
    yield* sql`UPDATE outbox SET prepared = ${bytes} WHERE entry_id = ${row.entryId}`
    const { messageId, threadId } = row
    const uploaded = outgoingContent(self, bytes)?.media ?? null
    yield* store.putChanges(row.accountId, [
      { threadId, messageId, change: { to: 'prepared', raw: bytes, media: uploaded } }
    ])
    return bytes
  })

  const attempt = Effect.fnUntraced(function* (row: OutboxRow) {
    if (row.content.kind === 'read') {
      yield* whatsapp.read(row.accountId, row.toJid, row.content.targets)
      return undefined
    }
    const content = yield* prepare(row)
    return yield* whatsapp.send(row.accountId, {
      toJid: row.toJid,
      whatsAppId: row.whatsappId,
      content
    })
  })

  /** One attempt, with what it comes to. */
  const dispatch = Effect.fnUntraced(function* (row: OutboxRow, now: number) {
    yield* mark(row, { status: 'sending', attempts: row.attempts, nextAt: now, reason: null })
    return yield* attempt(row).pipe(
      Effect.flatMap(sentAt => sent(row, sentAt)),
      Effect.as('sent' as const),
      // The account went offline in the middle: what it was sending waits for it.
      Effect.onInterrupt(() => Effect.ignore(wait(row, now, null))),
      Effect.catchTags({
        NotConnected: () => Effect.as(wait(row, now, null), 'idle' as const),
        NotConfirmed: () => Effect.as(refused(row, 'WhatsApp did not confirm it in time'), 'more' as const),
        UploadFailed: ({ reason }) =>
          Effect.as(refused(row, `The file could not be uploaded: ${reason}`), 'more' as const),
        SendRefused: ({ code, reason }) =>
          Effect.as(
            code === RESTRICTED ? restricted(row) : refused(row, reason, FINAL.has(code)),
            'more' as const
          )
      })
    )
  })

  return Effect.fn('Outbox.runOnce')(function* (accountId: string) {
    const now = yield* Clock.currentTimeMillis
    const restriction = (yield* store.readAccount(accountId))?.restriction
    const isRestricted = restriction != null && restriction.until > now
    if (isRestricted) yield* explainHeld(accountId, restriction)
    const row = yield* nextDue(accountId, now, isRestricted)
    if (row === undefined) {
      const times = [yield* nextWaiting(accountId, now), isRestricted ? restriction.until : undefined]
      const nextAt = Math.min(...times.filter(time => time !== undefined))
      return Number.isFinite(nextAt) ? { nextAt } : ('idle' as const)
    }
    const outcome = yield* continueTrace('Outbox.send', row.trace, accountId)(dispatch(row, now))
    if (outcome !== 'sent') return outcome
    yield* Effect.sleep(options.paceMs)
    return 'more' as const
  })
})
