// Backfill jobs, their parts and their requests as rows, and what they are.
import { Schema } from 'effect'
import {
  type BackfillJob,
  BackfillOrigin,
  BackfillStatus,
  type BackfillTask,
  TaskStatus
} from '../../../domain/backfill.ts'

export interface JobRequest {
  readonly origin: typeof BackfillOrigin.Type
  readonly threadId: string | null
  /** The most recently active ones, when no thread is named. */
  readonly threads: number
  /** Messages a thread; 0 is all of them. */
  readonly count: number
  /** Nothing from before this time, milliseconds since 1970. */
  readonly until: number | null
}

/** A part of a job, as it stands. */
export interface Task {
  readonly taskId: number
  readonly jobId: string
  readonly threadId: string
  readonly gapId: number | null
  /** Messages that may still be asked for; `null`: any number. */
  readonly remaining: number | null
  readonly until: number | null
  readonly attempts: number
}

/** What a part of a job is about, before it is one. */
export type Part = Pick<Task, 'threadId' | 'gapId' | 'remaining'>

/** A request to the phone; `requestId` is the id of its message, which the answer repeats. */
export interface PageRequest {
  readonly requestId: string
  readonly taskId: number
  readonly threadId: string
  /** The address the phone is asked under. */
  readonly chatJid: string
  readonly anchorId: string
  readonly anchorAt: number
}

const TaskRow = Schema.Struct({
  taskId: Schema.Finite,
  jobId: Schema.String,
  threadId: Schema.String,
  gapId: Schema.NullOr(Schema.Finite),
  status: TaskStatus,
  remaining: Schema.NullOr(Schema.Finite),
  untilAt: Schema.NullOr(Schema.Finite),
  messages: Schema.Finite,
  pages: Schema.Finite,
  attempts: Schema.Finite,
  reason: Schema.NullOr(Schema.String)
})

const JobRow = Schema.Struct({
  jobId: Schema.String,
  accountId: Schema.String,
  origin: BackfillOrigin,
  status: BackfillStatus,
  threadId: Schema.NullOr(Schema.String),
  threads: Schema.Finite,
  count: Schema.Finite,
  untilAt: Schema.NullOr(Schema.Finite),
  createdAt: Schema.Finite,
  endedAt: Schema.NullOr(Schema.Finite),
  parts: Schema.Finite,
  partsDone: Schema.Finite,
  partsRefused: Schema.Finite,
  messages: Schema.Finite
})

const RequestRow = Schema.Struct({
  requestId: Schema.String,
  taskId: Schema.Finite,
  threadId: Schema.String,
  chatJid: Schema.String,
  anchorId: Schema.String,
  anchorAt: Schema.Finite
})

export const decodeTask = Schema.decodeUnknownEffect(TaskRow)
export const decodeJob = Schema.decodeUnknownEffect(JobRow)
export const decodeRequest = Schema.decodeUnknownEffect(RequestRow)

export const jobOf = (row: typeof JobRow.Type): BackfillJob => ({
  jobId: row.jobId,
  accountId: row.accountId,
  origin: row.origin,
  status: row.status,
  threadId: row.threadId,
  threads: row.threads,
  count: row.count,
  until: row.untilAt,
  createdAt: row.createdAt,
  endedAt: row.endedAt,
  parts: row.parts,
  partsDone: row.partsDone,
  partsRefused: row.partsRefused,
  messages: row.messages,
  waitingFor: null
})

export const taskOf = (row: typeof TaskRow.Type): Task => ({
  taskId: row.taskId,
  jobId: row.jobId,
  threadId: row.threadId,
  gapId: row.gapId,
  remaining: row.remaining,
  until: row.untilAt,
  attempts: row.attempts
})

export const shownTask = (row: typeof TaskRow.Type): BackfillTask => ({
  threadId: row.threadId,
  gapId: row.gapId,
  status: row.status,
  messages: row.messages,
  pages: row.pages,
  reason: row.reason
})

export const requestFrom = (row: typeof RequestRow.Type): PageRequest => ({
  requestId: row.requestId,
  taskId: row.taskId,
  threadId: row.threadId,
  chatJid: row.chatJid,
  anchorId: row.anchorId,
  anchorAt: row.anchorAt
})
