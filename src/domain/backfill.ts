// Getting from the phone what is not held: jobs, and for each thread what became of it.
import { Schema } from 'effect'

const time = Schema.NullOr(Schema.Finite)

/** `automatic`: made by the server, at a connection or when it finds a gap. `request`: asked for over HTTP. */
export const BackfillOrigin = Schema.Literals(['automatic', 'request'])

export const BACKFILL_STATUSES = ['running', 'done', 'cancelled'] as const
export const BackfillStatus = Schema.Literals(BACKFILL_STATUSES)
export type BackfillStatus = typeof BackfillStatus.Type

/** What became of one thread: `waiting` and `asked` go on; the others are ends. */
export const TASK_STATUSES = ['waiting', 'asked', 'done', 'refused', 'cancelled'] as const
export const TaskStatus = Schema.Literals(TASK_STATUSES)
export type TaskStatus = typeof TaskStatus.Type

export const BackfillTask = Schema.Struct({
  threadId: Schema.String,
  /** The gap that is filled; `null`: the beginning of the thread is sought. */
  gapId: Schema.NullOr(Schema.Finite),
  status: TaskStatus,
  /** Messages the phone sent for it, also those that were held already. */
  messages: Schema.Finite,
  /** Requests that were answered. */
  pages: Schema.Finite,
  /** Why it ended as it did, or what it waits for. */
  reason: Schema.NullOr(Schema.String)
})
export type BackfillTask = typeof BackfillTask.Type

/** Times are milliseconds since 1970. */
export const BackfillJob = Schema.Struct({
  jobId: Schema.String,
  accountId: Schema.String,
  origin: BackfillOrigin,
  status: BackfillStatus,
  /** What was asked for; `count` 0 is all the way to the beginning. */
  threadId: Schema.NullOr(Schema.String),
  threads: Schema.Finite,
  count: Schema.Finite,
  until: time,
  createdAt: Schema.Finite,
  endedAt: time,
  /** Of its parts (a thread's beginning, a gap): how many there are, ended well, could not be had. */
  parts: Schema.Finite,
  partsDone: Schema.Finite,
  partsRefused: Schema.Finite,
  messages: Schema.Finite,
  /** What holds it up at the moment, such as a phone that does not answer. */
  waitingFor: Schema.NullOr(Schema.String)
})
export type BackfillJob = typeof BackfillJob.Type

/** The phone answers at most this many messages a request. */
export const PAGE_MESSAGES = 50

/** How many pages are asked for at once, each of another thread. */
export const REQUESTS_IN_FLIGHT = 4

/** Tries that the phone leaves unanswered, while it answers others, before a part is given up. */
export const MAX_UNANSWERED = 3

const FIRST_SILENCE_MS = 60_000

/** How long a silent phone is left alone: a minute, doubling up to `longest`. It finds what it was asked when it comes back. */
export const silenceDelay = (silences: number, longest: number): number =>
  Math.min(longest, FIRST_SILENCE_MS * 2 ** Math.min(20, Math.max(0, silences - 1)))
