// An outbox entry as a row, and as applications read it.
import { Schema } from 'effect'
import { OutboxContent, type OutboxEntry, OutboxStatus } from '../../domain/outbox.ts'

const OutboxRow = Schema.Struct({
  entry_id: Schema.Finite,
  account_id: Schema.String,
  thread_id: Schema.String,
  message_id: Schema.String,
  whatsapp_id: Schema.String,
  to_jid: Schema.String,
  content: Schema.fromJsonString(OutboxContent),
  status: OutboxStatus,
  attempts: Schema.Finite,
  next_attempt_at: Schema.Finite,
  send_at: Schema.Finite,
  expires_at: Schema.NullOr(Schema.Finite),
  last_error: Schema.NullOr(Schema.String),
  request_hash: Schema.String,
  prepared: Schema.NullOr(Schema.Uint8Array),
  created_at: Schema.Finite,
  trace: Schema.NullOr(Schema.String)
})
export type OutboxRow = typeof OutboxRow.Type
export const decodeOutboxRow = Schema.decodeUnknownEffect(OutboxRow)

export const entryOf = (row: OutboxRow): OutboxEntry => {
  const isWaiting = row.status === 'queued' || row.status === 'sending'
  return {
    accountId: row.account_id,
    entryId: row.whatsapp_id,
    threadId: row.thread_id,
    messageId: row.message_id,
    kind: row.content.kind === 'media' ? row.content.type : row.content.kind,
    status: row.status,
    attempts: row.attempts,
    reason: row.last_error,
    createdAt: row.created_at,
    sendAt: row.send_at === 0 ? null : row.send_at,
    expiresAt: row.expires_at,
    nextAttemptAt: isWaiting ? Math.max(row.send_at, row.next_attempt_at) : null
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
