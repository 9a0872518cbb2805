// Sends what is due in the outbox at the account's pace: one entry after the other, or without a pace one of each of some threads at a
// time. Waiting uses up no attempt.
import { Clock, Effect } from 'effect'
import { SqlClient } from 'effect/sql'
import { type AccountRecord, ownAddresses, type Restriction, restrictionAt } from '../../domain/account.ts'
import { isStatusJid } from '../../domain/jid.ts'
import { AccountStore } from '../conversations/account-store.ts'
import { MessageStore } from '../conversations/message-store.ts'
import { ThreadStore } from '../conversations/thread-store.ts'
import { asDatabaseError } from '../database/error.ts'
import { continueTrace } from '../telemetry/tracing.ts'
import type { Self } from '../whatsapp/convert/address.ts'
import { outgoingContent } from '../whatsapp/convert/outgoing.ts'
import { type SendRefused, UploadFailed } from '../whatsapp/errors.ts'
import { WhatsApp } from '../whatsapp/whatsapp.ts'
import { RESTRICTED, sendByForm } from './address-form.ts'
import { Attachments } from './attachments.ts'
import { Attempts } from './attempts.ts'
import { currentRecipient, type Recipient } from './current-recipient.ts'
import { areMoreDue, explainHeld, nextDue, nextDueTime } from './due.ts'
import type { OutboxRow } from './entry-row.ts'
import { kindOf } from './kinds/index.ts'
import type { Wire } from './kinds/kind.ts'
import { statusAudience } from './statuses.ts'
import { markSending, refused, restricted, sent, wait } from './outcome.ts'
import { noteAnswered, unanswered } from './unanswered.ts'
import { wireOf } from './wire.ts'

/** Answers that another try does not change: not allowed, no such recipient. */
const FINAL: ReadonlySet<number> = new Set([403, 404])

/** The account that sends, as it was at the beginning of the attempt. */
type Sending = AccountRecord | undefined

type Upload = Extract<Wire, { as: 'upload' }>

/** Uploads the file; the protobuf that names it is kept, so that every later attempt sends the same. */
const upload = Effect.fnUntraced(function* (row: OutboxRow, { file, message, type }: Upload, self: Self) {
  const sql = yield* SqlClient.SqlClient
  const messages = yield* MessageStore
  const whatsapp = yield* WhatsApp
  const attachments = yield* Attachments
  if (!(yield* attachments.exists(file))) return yield* new UploadFailed({ reason: 'its file is gone' })
  const bytes = yield* whatsapp.upload(row.accountId, { type, path: attachments.pathOf(file), message })
  yield* sql`UPDATE outbox SET prepared = ${bytes} WHERE entry_id = ${row.entryId}`
  const { messageId, threadId } = row
  const uploaded = outgoingContent(self, bytes, row.toJid)?.media ?? null
  yield* messages.change(row.accountId, [
    { threadId, messageId, change: { to: 'prepared', raw: bytes, media: uploaded } }
  ])
  return bytes
})

/** Completes when WhatsApp has it, with the time it took it at if it says so. */
const attempt = Effect.fnUntraced(function* (row: OutboxRow, recipient: Recipient, account: Sending) {
  const whatsapp = yield* WhatsApp
  const self = ownAddresses(account)
  const { accountId, prepared, toJid, whatsAppId } = row
  const sql = yield* SqlClient.SqlClient
  const send = Effect.fnUntraced(function* (content: Uint8Array) {
    const stanza = kindOf(row.content).stanza(toJid)
    const audience = isStatusJid(toJid) ? yield* statusAudience(accountId) : undefined
    const accompanying = Effect.provideService(markSending(row), SqlClient.SqlClient, sql)
    const outgoing = { whatsAppId, content, stanza, audience, accompanying }
    return yield* sendByForm(row, recipient, outgoing, account?.lidMigrated ?? null)
  })
  if (prepared !== null) return yield* send(prepared)
  const threads = yield* ThreadStore
  const ephemeral = yield* threads.ephemeralSeconds([row.threadId])
  const { wire } = yield* wireOf({ ...row, ephemeralSeconds: ephemeral.get(row.threadId) ?? 0 }, self)
  // These are marked before: an upload takes long enough to be seen, and read receipts change no keys.
  yield* markSending(row)
  switch (wire.as) {
    case 'upload':
      return yield* send(yield* upload(row, wire, self))
    case 'readReceipts':
      yield* whatsapp.read(accountId, toJid, wire.targets)
      return undefined
    case 'message':
      // Its protobuf was made when it was accepted.
      return yield* new UploadFailed({ reason: 'its content is gone' })
  }
})

/** Finds out where the entry goes, and sends it there. */
const attemptNow = Effect.fnUntraced(function* (row: OutboxRow, account: Sending) {
  const recipient = yield* currentRecipient(row, ownAddresses(account))
  return yield* attempt({ ...row, toJid: recipient.jid }, recipient, account)
})

const refusedByWhatsApp = Effect.fnUntraced(function* (row: OutboxRow, { code, reason }: SendRefused) {
  if (code === RESTRICTED) yield* restricted(row)
  else yield* refused(row, reason, FINAL.has(code))
})

/** A reply waits for no receipt of reading: that is given up after a minute. */
const notAnswered = Effect.fnUntraced(function* (row: OutboxRow, reason: string) {
  if (row.content.kind === 'read') yield* refused(row, reason)
  else yield* unanswered(row, reason)
})

/** One attempt, with what it leads to. */
const dispatch = Effect.fnUntraced(function* (row: OutboxRow, account: Sending, now: number) {
  // What it leads to is written to its end: an entry that stays as being sent would never be tried again.
  return yield* Effect.uninterruptibleMask(restore =>
    restore(attemptNow(row, account)).pipe(
      // The account went offline in the middle, perhaps while the disk was waited for: what it was sending waits for it.
      Effect.onInterrupt(() => Effect.ignore(wait(row, now, null))),
      Effect.flatMap(confirmedAt => Effect.andThen(sent(row, confirmedAt), noteAnswered(row.accountId))),
      Effect.as('sent' as const),
      Effect.catchTags({
        RecipientMoved: () => Effect.as(wait(row, now, null), 'more' as const),
        RecipientLost: ({ reason }) => Effect.as(refused(row, reason, true), 'more' as const),
        NotConnected: () => Effect.as(wait(row, now, null), 'idle' as const),
        AskRefused: ({ reason }) => Effect.as(notAnswered(row, reason), 'more' as const),
        NotConfirmed: () => Effect.as(refused(row, 'WhatsApp did not confirm it in time'), 'more' as const),
        UploadFailed: ({ reason }) =>
          Effect.as(refused(row, `The file could not be uploaded: ${reason}`), 'more' as const),
        SendRefused: refusal => Effect.as(refusedByWhatsApp(row, refusal), 'more' as const)
      })
    )
  )
})

/** How many are sent at a time by an account without a pace. While one waits for WhatsApp's answer, others are encrypted and written. */
const MOST_AT_A_TIME = 8

/** Attempts at the same time. One that fails here ends none of the others: they may have left. */
const dispatchAll = Effect.fnUntraced(function* (
  rows: ReadonlyArray<OutboxRow>,
  account: Sending,
  now: number
) {
  const exits = yield* Effect.forEach(
    rows,
    row => Effect.exit(continueTrace('Outbox.send', row.trace, row.accountId)(dispatch(row, account, now))),
    { concurrency: 'unbounded' }
  )
  const outcomes = yield* Effect.all(exits)
  if (outcomes.includes('idle')) return 'idle' as const
  return outcomes.every(one => one === 'sent') ? ('sent' as const) : ('more' as const)
})

/** The attempts for the next entries that are due, and what is `next` once all are sent; if there are none, when one will be. */
const attemptNext = Effect.fnUntraced(function* (
  account: Sending,
  accountId: string,
  now: number,
  restriction: Restriction | null,
  most: number
) {
  const attempts = yield* Attempts
  const rows = yield* attempts.begin(accountId, nextDue(accountId, now, restriction !== null, most))
  if (rows.length === 0) return yield* untilNext(accountId, now, restriction)
  // Looked up before: once these are sent, what comes meanwhile wakes the worker.
  const isLast = restriction === null && !(yield* areMoreDue(accountId, now, rows.length))
  const next = isLast ? yield* untilNext(accountId, now, null) : ('more' as const)
  const outcome = yield* dispatchAll(rows, account, now)
  return outcome === 'sent' ? { next } : outcome
}, Effect.scoped)

/** When the next entry will be due. */
const untilNext = Effect.fnUntraced(function* (
  accountId: string,
  now: number,
  restriction: Restriction | null
) {
  const times = [yield* nextDueTime(accountId, now), restriction?.until]
  const nextAt = Math.min(...times.filter(time => time !== undefined))
  return Number.isFinite(nextAt) ? { nextAt } : ('idle' as const)
})

/** One pass of the worker: sends the next entries of the account that are due, if there are any. */
export const dispatchNext = Effect.fn('Outbox.runOnce')(function* (accountId: string, paceMs: number) {
  const accounts = yield* AccountStore
  const now = yield* Clock.currentTimeMillis
  const account = yield* accounts.read(accountId)
  const restriction = account === undefined ? null : restrictionAt(account, now)
  if (restriction !== null) yield* explainHeld(accountId, restriction)
  const most = paceMs === 0 && restriction === null ? MOST_AT_A_TIME : 1
  const outcome = yield* attemptNext(account, accountId, now, restriction, most)
  if (typeof outcome !== 'object' || !('next' in outcome)) return outcome
  if (paceMs > 0) yield* Effect.sleep(paceMs)
  return outcome.next
}, asDatabaseError('sending from the outbox'))
