// How complete a thread is: what is held, what is known to be missing, what the phone said about its beginning.
import { Schema } from 'effect'
import { ReasonCode } from './backfill.ts'
import { Time, Whole } from './whole.ts'

const time = Schema.NullOr(Time)

/** Why a stretch is known to be missing. */
export const GAP_REASONS = [
  /** Between what history brought and the first message that came live: not missing for certain, to be looked at. */
  'history-to-live',
  /** The account was away for longer than WhatsApp keeps messages for it, or was linked again. */
  'outage',
  /** A history chunk could not be had, also not from the phone again. */
  'lost-chunk',
  /** During the first history the phone sent something that could not be decrypted: it may have announced a chunk. */
  'unread-announcement'
] as const
export const GapReason = Schema.Literals(GAP_REASONS)
export type GapReason = typeof GapReason.Type

/** A stretch that may lack messages: behind `from` (held), before `to` (held; `null`: up to whatever is held next). Milliseconds since 1970. */
export const Gap = Schema.Struct({
  gapId: Whole,
  reason: GapReason,
  from: time,
  to: time,
  openedAt: Time
}).annotate({ identifier: 'Gap' })
export type Gap = typeof Gap.Type

/**
 * Writers may delete their messages for some two days, and edit them for a quarter of an hour: what was written this long
 * before an absence may have changed during it.
 */
export const CHANGED_IN_ABSENCE_MS = 60 * 60 * 60 * 1000

/** A held message at the edge of what is held. */
export const Edge = Schema.Struct({ messageId: Schema.String, at: Time }).annotate({
  identifier: 'CoverageEdge'
})

/**
 * `complete`: the beginning is held, or everything since `keptSince`, and no stretch is missing. `partial`: it is known that something is missing.
 * `unknown`: the phone has not said yet whether there is more.
 */
export const COVERAGE_STATES = ['complete', 'partial', 'unknown'] as const
export const CoverageState = Schema.Literals(COVERAGE_STATES)
export type CoverageState = typeof CoverageState.Type

/** What is known of the beginning of a chat: nothing, that the phone has more, or that it has nothing older. */
export const BEGINNINGS = ['unknown', 'more', 'reached'] as const
export const Beginning = Schema.Literals(BEGINNINGS)
export type Beginning = typeof Beginning.Type

/** What is older than `keptSince` is not kept by this server's own rule, and so not missing. */
export const coverageState = (
  beginning: Beginning,
  openGaps: number,
  keptSince: number | null = null
): CoverageState =>
  openGaps > 0
    ? 'partial'
    : keptSince !== null || beginning === 'reached'
      ? 'complete'
      : beginning === 'more'
        ? 'partial'
        : 'unknown'

/** Why a request brought nothing; `code` is `null` when it was noted by an earlier version. */
export const Refusal = Schema.Struct({
  code: Schema.NullOr(ReasonCode),
  reason: Schema.String,
  at: Time
})

/** Times are milliseconds since 1970. */
export const ThreadCoverage = Schema.Struct({
  accountId: Schema.String,
  threadId: Schema.String,
  state: CoverageState,
  messages: Whole,
  oldest: Schema.NullOr(Edge),
  newest: Schema.NullOr(Edge),
  beginningReached: Schema.Boolean,
  /** What was older was removed, or not stored, by this server's own rule (MESSAGES_KEEP); `null`: nothing was. */
  keptSince: time,
  gaps: Schema.Array(Gap),
  /** What the phone has been asked for and has not answered yet; `gapId` is `null` when the beginning is sought. */
  requests: Schema.Array(
    Schema.Struct({ requestId: Schema.String, gapId: Schema.NullOr(Whole), askedAt: Time })
  ),
  /** Why the last request brought nothing. */
  lastRefusal: Schema.NullOr(Refusal)
}).annotate({ identifier: 'ThreadCoverage' })
export type ThreadCoverage = typeof ThreadCoverage.Type

/** How many threads of an account are in which state. */
export const CoverageSummary = Schema.Struct({
  complete: Whole,
  partial: Whole,
  unknown: Whole
}).annotate({ identifier: 'CoverageSummary' })
export type CoverageSummary = typeof CoverageSummary.Type
