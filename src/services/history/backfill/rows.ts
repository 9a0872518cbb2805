// Backfill jobs, their parts and their requests, decoded from rows.
import { Effect, Schema } from 'effect'
import { BackfillJob, type BackfillOrigin, BackfillTask, TIME_UNITS } from '../../../domain/backfill.ts'

const optionalTime = Schema.NullOr(Schema.Finite)

/** What a new job is to fetch. */
export interface JobRequest {
  readonly origin: typeof BackfillOrigin.Type
  readonly threadId: string | null
  /** How many of the most recently active threads, when no thread is named. */
  readonly threads: number
  /** Messages per thread; 0: all of them. */
  readonly count: number
  /** Nothing older than this, milliseconds since 1970. */
  readonly until: number | null
}

/** A part of a job: the beginning of a thread, or one of its gaps. */
const Task = Schema.Struct({
  taskId: Schema.Finite,
  jobId: Schema.String,
  threadId: Schema.String,
  /** The gap to fill; `null`: the beginning of the thread is fetched. */
  gapId: Schema.NullOr(Schema.Finite),
  /** Messages that may still be asked for; `null`: any number. */
  remaining: Schema.NullOr(Schema.Finite),
  /** Nothing older than this, milliseconds since 1970. */
  until: optionalTime,
  /** Requests in a row that brought nothing; those that a phone which was silent as a whole did not answer do not count. */
  attempts: Schema.Finite,
  /** Requests in a row that were not answered at all. */
  unanswered: Schema.Finite
})
export type Task = typeof Task.Type

/** A part that is not written down yet. */
export type Part = Pick<Task, 'threadId' | 'gapId' | 'remaining'>

/** A request to the phone for one page of messages. */
const PageRequest = Schema.Struct({
  /** The id of the message that carries the request; the answer repeats it. */
  requestId: Schema.String,
  taskId: Schema.Finite,
  threadId: Schema.String,
  /** The address of the chat in the request. */
  chatJid: Schema.String,
  /** The message before which messages are asked for: WhatsApp id, and time in milliseconds since 1970. */
  anchorId: Schema.String,
  anchorAt: Schema.Finite,
  /** Milliseconds since 1970. */
  askedAt: Schema.Finite,
  /** The unit of the anchor's time in the request. */
  timeUnit: Schema.Literals(TIME_UNITS),
  /** Nothing older than this is wanted, milliseconds since 1970. */
  until: optionalTime
})
export type PageRequest = typeof PageRequest.Type

export const decodeJob = Schema.decodeUnknownEffect(BackfillJob.pipe(Schema.encodeKeys({ until: 'untilAt' })))
export const decodeTask = Schema.decodeUnknownEffect(Task.pipe(Schema.encodeKeys({ until: 'untilAt' })))

const TaskReport = Schema.Struct({
  ...BackfillTask.fields,
  missing: Schema.BooleanFromBit,
  missingFrom: optionalTime,
  missingTo: optionalTime
})

export const decodeTaskReport = (row: unknown) =>
  Effect.map(
    Schema.decodeUnknownEffect(TaskReport)(row),
    ({ missing, missingFrom, missingTo, ...task }): BackfillTask => ({
      ...task,
      missing: missing ? { from: missingFrom, to: missingTo } : null
    })
  )

export const decodeRequest = Schema.decodeUnknownEffect(
  PageRequest.pipe(Schema.encodeKeys({ until: 'untilAt' }))
)
