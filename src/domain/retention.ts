// What is kept for how long: one rule for each kind of thing, what it would remove, and what it has removed.
import { Schema } from 'effect'
import { Time, Whole } from './whole.ts'

export const RETENTION_RULES = ['messages', 'media', 'events', 'incidents', 'audit'] as const
export const RetentionRule = Schema.Literals(RETENTION_RULES)
export type RetentionRule = typeof RetentionRule.Type

/** How long things are kept, by rule, in milliseconds; `undefined`: for good. */
export type Keeping = Readonly<Record<RetentionRule, number | undefined>>

const time = Schema.NullOr(Time)

/** The last time that a rule was applied. `endedAt` is `null` while it is, and when the server ended before it was through. */
export const RetentionRun = Schema.Struct({ startedAt: Time, endedAt: time, removed: Whole })
export type RetentionRun = typeof RetentionRun.Type

/** A rule in force. */
export const RetentionState = Schema.Struct({
  rule: RetentionRule,
  /** The setting that says it. */
  setting: Schema.String,
  /** Milliseconds; `null`: for good. */
  keep: Schema.NullOr(Whole),
  /** What is older is removed now; `null`: nothing is. */
  keptSince: time,
  isRunning: Schema.Boolean,
  lastRun: Schema.NullOr(RetentionRun),
  /** By all runs since this rule was first applied. */
  removedInAll: Whole
}).annotate({ identifier: 'RetentionState' })
export type RetentionState = typeof RetentionState.Type

/** What a rule would remove. Of media it counts the messages whose files would go. */
export const RetentionCount = Schema.Struct({
  rule: RetentionRule,
  keep: Schema.NullOr(Whole),
  keptSince: time,
  wouldRemove: Whole,
  /** The time of the oldest. */
  oldest: time,
  /** The same by account, of what belongs to one. */
  accounts: Schema.Array(Schema.Struct({ accountId: Schema.String, wouldRemove: Whole }))
}).annotate({ identifier: 'RetentionCount' })
export type RetentionCount = typeof RetentionCount.Type
