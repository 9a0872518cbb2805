// Read receipts: tells the writers of messages that they were read. Sent when a thread is marked as read.
import { Schema } from 'effect'
import { Target } from '../../../domain/outbox.ts'
import { defineKind } from './kind.ts'

const Stored = Schema.Struct({ kind: Schema.Literal('read'), targets: Schema.Array(Target) })

export const read = defineKind(Stored, {
  canReply: false,
  canMention: false,
  document: () => ({ is: 'none' }),
  wire: ({ targets }) => ({ as: 'readReceipts', targets }),
  // The thread is marked as read here when the entry is accepted.
  effect: () => [],
  redact: () => ({ kind: 'read', targets: [] })
})
