// An outbox entry as a row, and as applications read it.
import { Schema } from 'effect'
import { OutboxContent, type OutboxEntry, OutboxStatus } from '../../domain/outbox.ts'

const OutboxRow = Schema.Struct({
  entryId: Schema.Finite,
  accountId: Schema.String,
  threadId: Schema.String,
  messageId: Schema.String,
  whatsappId: Schema.String,
  toJid: Schema.String,
  content: Schema.fromJsonString(OutboxContent),
  status: OutboxStatus,
  attempts: Schema.Finite,
  nextAttemptAt: Schema.Finite,
  sendAt: Schema.Finite,
  expiresAt: Schema.NullOr(Schema.Finite),
  lastError: Schema.NullOr(Schema.String),
  requestHash: Schema.String,
  prepared: Schema.NullOr(Schema.Uint8Array),
  createdAt: Schema.Finite,
  trace: Schema.NullOr(Schema.String)
})
export type OutboxRow = typeof OutboxRow.Type
export const decodeOutboxRow = Schema.decodeUnknownEffect(OutboxRow)

export const entryOf = (row: OutboxRow): OutboxEntry => {
  const isWaiting = row.status === 'queued' || row.status === 'sending'
  return {
    accountId: row.accountId,
    entryId: row.whatsappId,
    threadId: row.threadId,
    messageId: row.messageId,
    kind: row.content.kind === 'media' ? row.content.type : row.content.kind,
    status: row.status,
    attempts: row.attempts,
    reason: row.lastError,
    createdAt: row.createdAt,
    sendAt: row.sendAt === 0 ? null : row.sendAt,
    expiresAt: row.expiresAt,
    nextAttemptAt: isWaiting ? Math.max(row.sendAt, row.nextAttemptAt) : null
  }
}

/** What is left of the content when an entry has ended: its kind. The words live in the message, as long as that does. */
export const withoutWords = (content: OutboxContent): OutboxContent => {
  switch (content.kind) {
    case 'text':
      return { kind: 'text', text: '' }
    case 'media':
      return { kind: 'media', type: content.type, file: '', size: content.size, mimeType: content.mimeType }
    case 'location':
      return { kind: 'location', latitude: 0, longitude: 0 }
    case 'contact':
      return { kind: 'contact', contacts: [] }
    case 'poll':
      return { kind: 'poll', question: '', options: [], selectable: 0, secret: '' }
    case 'reaction':
      return { kind: 'reaction', target: content.target, emoji: '' }
    case 'edit':
      return { kind: 'edit', target: content.target, text: '' }
    case 'revoke':
      return content
    case 'read':
      return { kind: 'read', targets: [] }
  }
}
