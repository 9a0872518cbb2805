// An entry of the outbox as a row of its table, and as applications read it.
import { Schema } from 'effect'
import { type OutboxEntry, OutboxStatus } from '../../domain/outbox.ts'
import type { EventWrite } from '../events/event-log.ts'
import { kindOf, OutboxContent } from './kinds/index.ts'

const OutboxRow = Schema.Struct({
  /** The order of acceptance. */
  entryId: Schema.Finite,
  accountId: Schema.String,
  threadId: Schema.String,
  messageId: Schema.String,
  whatsAppId: Schema.String,
  toJid: Schema.String,
  content: Schema.fromJsonString(OutboxContent),
  status: OutboxStatus,
  attempts: Schema.Finite,
  nextAttemptAt: Schema.Finite,
  /** 0: at once. */
  sendAt: Schema.Finite,
  expiresAt: Schema.NullOr(Schema.Finite),
  lastError: Schema.NullOr(Schema.String),
  requestHash: Schema.String,
  /** The protobuf to send; `null` until the file is uploaded, and for read receipts. */
  prepared: Schema.NullOr(Schema.Uint8Array),
  createdAt: Schema.Finite,
  updatedAt: Schema.Finite,
  trace: Schema.NullOr(Schema.String),
  documentId: Schema.NullOr(Schema.String)
})
export type OutboxRow = typeof OutboxRow.Type
export const decodeOutboxRow = Schema.decodeUnknownEffect(OutboxRow)

export const entryOf = (row: OutboxRow): OutboxEntry => {
  const isWaiting = row.status === 'queued' || row.status === 'sending'
  return {
    accountId: row.accountId,
    entryId: row.whatsAppId,
    threadId: row.threadId,
    messageId: row.messageId,
    kind: kindOf(row.content).publicName,
    status: row.status,
    attempts: row.attempts,
    reason: row.lastError,
    createdAt: row.createdAt,
    sendAt: row.sendAt === 0 ? null : row.sendAt,
    expiresAt: row.expiresAt,
    nextAttemptAt: isWaiting ? Math.max(row.sendAt, row.nextAttemptAt) : null
  }
}

/** That the entry has become this. */
export const entryEvent = (
  { threadId, whatsAppId }: Pick<OutboxRow, 'threadId' | 'whatsAppId'>,
  status: OutboxStatus
): EventWrite => ({ kind: 'outbox.changed', threadId, subjectId: whatsAppId, facts: { status } })

/** The content to keep in the table when the entry has ended: the words are in the message, as long as that is stored. */
export const redactedContent = (content: OutboxContent): string => JSON.stringify(kindOf(content).redact())
