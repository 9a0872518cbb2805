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
  task_id: Schema.Finite,
  job_id: Schema.String,
  thread_id: Schema.String,
  gap_id: Schema.NullOr(Schema.Finite),
  status: TaskStatus,
  remaining: Schema.NullOr(Schema.Finite),
  until_at: Schema.NullOr(Schema.Finite),
  messages: Schema.Finite,
  pages: Schema.Finite,
  attempts: Schema.Finite,
  reason: Schema.NullOr(Schema.String)
})

const JobRow = Schema.Struct({
  job_id: Schema.String,
  account_id: Schema.String,
  origin: BackfillOrigin,
  status: BackfillStatus,
  thread_id: Schema.NullOr(Schema.String),
  threads: Schema.Finite,
  count: Schema.Finite,
  until_at: Schema.NullOr(Schema.Finite),
  created_at: Schema.Finite,
  ended_at: Schema.NullOr(Schema.Finite),
  parts: Schema.Finite,
  parts_done: Schema.Finite,
  parts_refused: Schema.Finite,
  messages: Schema.Finite
})

const RequestRow = Schema.Struct({
  request_id: Schema.String,
  task_id: Schema.Finite,
  thread_id: Schema.String,
  chat_jid: Schema.String,
  anchor_id: Schema.String,
  anchor_at: Schema.Finite
})

export const decodeTask = Schema.decodeUnknownEffect(TaskRow)
export const decodeJob = Schema.decodeUnknownEffect(JobRow)
export const decodeRequest = Schema.decodeUnknownEffect(RequestRow)

export const jobOf = (row: typeof JobRow.Type): BackfillJob => ({
  jobId: row.job_id,
  accountId: row.account_id,
  origin: row.origin,
  status: row.status,
  threadId: row.thread_id,
  threads: row.threads,
  count: row.count,
  until: row.until_at,
  createdAt: row.created_at,
  endedAt: row.ended_at,
  parts: row.parts,
  partsDone: row.parts_done,
  partsRefused: row.parts_refused,
  messages: row.messages,
  waitingFor: null
})

export const taskOf = (row: typeof TaskRow.Type): Task => ({
  taskId: row.task_id,
  jobId: row.job_id,
  threadId: row.thread_id,
  gapId: row.gap_id,
  remaining: row.remaining,
  until: row.until_at,
  attempts: row.attempts
})

export const shownTask = (row: typeof TaskRow.Type): BackfillTask => ({
  threadId: row.thread_id,
  gapId: row.gap_id,
  status: row.status,
  messages: row.messages,
  pages: row.pages,
  reason: row.reason
})

export const requestFrom = (row: typeof RequestRow.Type): PageRequest => ({
  requestId: row.request_id,
  taskId: row.task_id,
  threadId: row.thread_id,
  chatJid: row.chat_jid,
  anchorId: row.anchor_id,
  anchorAt: row.anchor_at
})
