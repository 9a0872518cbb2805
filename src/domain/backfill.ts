// Getting from the phone what is not held: jobs, and for each thread what became of it.
import { Schema } from 'effect'
import { Time, Whole } from './whole.ts'

const time = Schema.NullOr(Time)

/** `automatic`: made by the server, at a connection or when it finds a gap. `request`: asked for over HTTP. */
export const BackfillOrigin = Schema.Literals(['automatic', 'request'])

export const BACKFILL_STATUSES = ['running', 'done', 'cancelled'] as const
export const BackfillStatus = Schema.Literals(BACKFILL_STATUSES)
export type BackfillStatus = typeof BackfillStatus.Type

/** What became of one thread: `waiting` and `asked` go on; the others are ends. */
export const TASK_STATUSES = ['waiting', 'asked', 'done', 'refused', 'cancelled'] as const
export const TaskStatus = Schema.Literals(TASK_STATUSES)
export type TaskStatus = typeof TaskStatus.Type

/** Why a part of a job ended as it did, or what it waits for, as a person reads it. */
export const PART_REASONS = {
  beginningHeld: 'The beginning is held',
  countReached: 'As many as asked for',
  timeReached: 'Back to the time asked for',
  nothingHeld: 'Nothing of it is held yet',
  filled: 'Filled',
  phoneSilent: 'The phone does not answer',
  chatNotAnswered: 'The phone is there, but does not answer for this chat',
  nothingOlder: 'The phone sends nothing older',
  noAccess:
    'The phone gives this device no older messages, by its setting for linked devices; it is asked again once the account is linked again',
  declined: 'The phone declines to send more of this chat',
  unreadable: 'The answer could not be read',
  notTaken: 'WhatsApp did not take the request'
} as const
export type ReasonCode = keyof typeof PART_REASONS
// Object.keys has no narrower type.
// oxlint-disable-next-line typescript/no-unsafe-type-assertion
export const REASON_CODES = Object.keys(PART_REASONS) as ReadonlyArray<ReasonCode>
export const ReasonCode = Schema.Literals(REASON_CODES)

export interface PartReason {
  readonly code: ReasonCode
  readonly text: string
}

/** A reason with more about the case at hand, if there is more. */
export const partReason = (code: ReasonCode, detail?: string): PartReason => ({
  code,
  text: detail === undefined ? PART_REASONS[code] : `${PART_REASONS[code]}: ${detail}`
})

/** A stretch of time, milliseconds since 1970: back to the beginning without `from`, up to the present without `to`. */
const Stretch = Schema.Struct({ from: time, to: time })

export const BackfillTask = Schema.Struct({
  threadId: Schema.String,
  /** The gap that is filled; `null`: the beginning of the thread is sought. */
  gapId: Schema.NullOr(Whole),
  status: TaskStatus,
  /** Messages the phone sent for it, also those that were held already. */
  messages: Whole,
  /** Requests that were answered. */
  pages: Whole,
  /** Why it ended as it did, or what it waits for. */
  reason: Schema.NullOr(Schema.String),
  code: Schema.NullOr(ReasonCode),
  /** What the part was to fetch and has not fetched; `null`: nothing is missing. */
  missing: Schema.NullOr(Stretch)
}).annotate({ identifier: 'BackfillTask' })
export type BackfillTask = typeof BackfillTask.Type

/** Times are milliseconds since 1970. */
export const BackfillJob = Schema.Struct({
  jobId: Schema.String,
  accountId: Schema.String,
  origin: BackfillOrigin,
  status: BackfillStatus,
  /** What was asked for; `count` 0 is all the way to the beginning. */
  threadId: Schema.NullOr(Schema.String),
  threads: Whole,
  count: Whole,
  until: time,
  createdAt: Time,
  endedAt: time,
  /** Of its parts (a thread's beginning, a gap): how many there are, ended well, could not be had. */
  parts: Whole,
  partsDone: Whole,
  partsRefused: Whole,
  messages: Whole,
  /** What holds it up at the moment, such as a phone that does not answer. */
  waitingFor: Schema.NullOr(Schema.String)
}).annotate({ identifier: 'BackfillJob' })
export type BackfillJob = typeof BackfillJob.Type

/** The phone answers at most this many messages a request. */
export const PAGE_MESSAGES = 50

/** How many pages are asked for at once, each of another thread. */
export const REQUESTS_IN_FLIGHT = 4

/** Tries that the phone leaves unanswered, while it answers others, before a part is given up. */
export const MAX_UNANSWERED = 3

/** After so many silences in a row, what is still to be asked for is given up until the phone gives a sign. */
export const MAX_SILENCES = 12

/** In which unit a phone understands the time in a request for older messages; the field's name says milliseconds. */
export const TIME_UNITS = ['seconds', 'milliseconds'] as const
export type TimeUnit = (typeof TIME_UNITS)[number]

/**
 * The unit for the next request, after so many in a row that were not answered: seconds first, after silence once milliseconds;
 * a unit that the phone has answered is left only every third time.
 */
export const timeUnitFor = (known: TimeUnit | undefined, unanswered: number): TimeUnit => {
  if (known === undefined) return unanswered % 2 === 0 ? 'seconds' : 'milliseconds'
  const other = known === 'seconds' ? 'milliseconds' : 'seconds'
  return unanswered % 3 === 2 ? other : known
}

/** A chat's phone may know it by another of its addresses: as long as the unit is open, each is tried in both units. */
export const addressFor = (known: TimeUnit | undefined, attempts: number, addresses: number): number =>
  (known === undefined ? Math.floor(attempts / 2) : attempts) % addresses

const FIRST_SILENCE_MS = 60_000

/** How long a silent phone is left alone: a minute, doubling up to `longest`. It finds what it was asked when it comes back. */
export const silenceDelay = (silences: number, longest: number): number =>
  Math.min(longest, FIRST_SILENCE_MS * 2 ** Math.min(20, Math.max(0, silences - 1)))
