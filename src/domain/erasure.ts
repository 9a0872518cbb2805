// The erasure of a person from an account: what was asked for, and the report of what was removed and what remains.
import { Schema } from 'effect'
import { Time, Whole } from './whole.ts'

/** What was removed, in numbers. */
export const ErasureCounts = Schema.Struct({
  /** Of the conversation with the person, both directions. */
  messages: Whole,
  /** Written by the person in groups, channels and statuses; and events that were about nobody else. */
  groupMessages: Whole,
  /** Files that no message has any more are deleted with them. */
  files: Whole,
  /** Messages of others from which reactions, votes, answers, mentions or events of the person were taken. */
  changedMessages: Whole,
  /** Replies of others from which the repeated words of the person were taken. */
  quotes: Whole,
  /** Rows of other tables, by their names: receipts, contacts, addresses, the outbox, events. */
  rows: Schema.Record(Schema.String, Whole)
})
export type ErasureCounts = typeof ErasureCounts.Type

export const NOTHING_REMOVED: ErasureCounts = {
  messages: 0,
  groupMessages: 0,
  files: 0,
  changedMessages: 0,
  quotes: 0,
  rows: {}
}

/** What is still there, and why. */
export const Remaining = Schema.Struct({
  what: Schema.String,
  why: Schema.String,
  /** How many, where that is counted. */
  count: Schema.NullOr(Whole)
})
export type Remaining = typeof Remaining.Type

export const ErasureReport = Schema.Struct({ removed: ErasureCounts, remains: Schema.Array(Remaining) })
export type ErasureReport = typeof ErasureReport.Type

export const ERASURE_STATUSES = ['running', 'done'] as const

export const Erasure = Schema.Struct({
  erasureId: Schema.String,
  accountId: Schema.String,
  status: Schema.Literals(ERASURE_STATUSES),
  requestedAt: Time,
  endedAt: Schema.NullOr(Time),
  ...ErasureReport.fields
}).annotate({ identifier: 'Erasure' })
export type Erasure = typeof Erasure.Type
