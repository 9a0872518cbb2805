// Decides the parts of backfill jobs: known gaps first, then the beginnings of threads.
import { Effect } from 'effect'
import type { BackfillJob } from '../../../domain/backfill.ts'
import { hasHistoryOnRequest } from '../../../domain/jid.ts'
import { ChunkQueue } from '../chunks/queue.ts'
import { HeldThreads } from './held-threads.ts'
import { BackfillJobs } from './jobs.ts'
import { PhoneActivity } from './phone-activity.ts'
import type { Part } from './rows.ts'
import { BackfillSettings } from './settings.ts'

export const createAutomaticJob = Effect.fnUntraced(function* (accountId: string) {
  const jobs = yield* BackfillJobs
  const { count, threads } = yield* BackfillSettings
  return yield* jobs.create(accountId, { origin: 'automatic', threadId: null, threads, count, until: null })
})

/** Plans the jobs that are not planned; without any, what is new since the last plan becomes part of an automatic job. */
export const planJobs = Effect.fnUntraced(function* (accountId: string) {
  const jobs = yield* BackfillJobs
  if (yield* isPhoneBack(accountId)) yield* createAutomaticJob(accountId)
  const unplanned = yield* jobs.unplanned(accountId)
  for (const job of unplanned) yield* jobs.plan(accountId, job.jobId, yield* partsOf(job))
  if (unplanned.length === 0) yield* planNewParts(accountId)
})

/** Whether there is anything for `planJobs` to do. */
export const isAnythingToPlan = Effect.fnUntraced(function* (accountId: string) {
  const jobs = yield* BackfillJobs
  if ((yield* jobs.unplanned(accountId)).length > 0) return true
  if (yield* isPhoneBack(accountId)) return true
  return (yield* newParts(accountId)).length > 0
})

/** Whether the phone has given a sign since parts were given up because it was silent. */
const isPhoneBack = Effect.fnUntraced(function* (accountId: string) {
  const jobs = yield* BackfillJobs
  const activity = yield* PhoneActivity
  const lastSign = activity.lastAt(accountId)
  const gaveUpAt = yield* jobs.gaveUpInSilenceAt(accountId)
  return lastSign !== undefined && gaveUpAt !== undefined && lastSign > gaveUpAt
})

/** When the phone has had its time to send history unasked, milliseconds since 1970. */
export const settledAt = Effect.fnUntraced(function* (accountId: string) {
  const chunks = yield* ChunkQueue
  const { settleMs } = yield* BackfillSettings
  const { complete, lastAt } = yield* chunks.settled(accountId)
  return complete ? 0 : lastAt + settleMs
})

/** Gaps, and threads that began live, that are in no job yet. */
const newParts = Effect.fnUntraced(function* (accountId: string) {
  const jobs = yield* BackfillJobs
  const { threads } = yield* BackfillSettings
  return yield* jobs.unplannedParts(accountId, threads > 0)
})

const planNewParts = Effect.fnUntraced(function* (accountId: string) {
  const jobs = yield* BackfillJobs
  const { count } = yield* BackfillSettings
  const found = yield* newParts(accountId)
  if (found.length === 0) return
  const jobId = (yield* jobs.runningAutomatic(accountId)) ?? (yield* createAutomaticJob(accountId)).jobId
  const limit = limitOf(count)
  const parts = found.map(part => ({ ...part, remaining: part.gapId === null ? limit : null }))
  yield* jobs.plan(accountId, jobId, parts)
})

/** A count of messages as the settings and requests give it; `null`: any number. */
const limitOf = (count: number): number | null => (count === 0 ? null : count)

const partsOf = Effect.fnUntraced(function* (job: BackfillJob) {
  if (job.origin === 'automatic') return yield* automaticParts(job)
  const limit = limitOf(job.count)
  if (job.threadId !== null) return yield* partsOfThread(job.threadId, limit)
  const threads = yield* HeldThreads
  const recent = yield* threads.recent(job.accountId, job.threads)
  return (yield* Effect.forEach(recent, ({ threadId }) => partsOfThread(threadId, limit))).flat()
})

/** The gaps of a thread, and its beginning unless it is held; nothing of a chat whose history the phone does not give. */
const partsOfThread = Effect.fnUntraced(function* (threadId: string, limit: number | null) {
  if (!hasHistoryOnRequest(threadId)) return []
  const threads = yield* HeldThreads
  const gaps = (yield* threads.gapsOf(threadId)).map(partOfGap)
  const { beginning } = yield* threads.reachOf(threadId)
  return beginning === 'reached' ? gaps : [...gaps, { threadId, gapId: null, remaining: limit }]
})

/** Every known gap, then the beginnings of the most recently active threads. */
const automaticParts = Effect.fnUntraced(function* (job: BackfillJob) {
  const threads = yield* HeldThreads
  const open = yield* threads.openGaps(job.accountId)
  const gaps = open.filter(({ threadId }) => hasHistoryOnRequest(threadId)).map(partOfGap)
  const recent = yield* threads.recent(job.accountId, job.threads)
  const beginnings = recent.flatMap(({ beginning, fetched, threadId }): ReadonlyArray<Part> => {
    const remaining = job.count === 0 ? null : job.count - fetched
    return beginning === 'reached' || (remaining !== null && remaining <= 0)
      ? []
      : [{ threadId, gapId: null, remaining }]
  })
  return [...gaps, ...beginnings]
})

const partOfGap = ({ gapId, threadId }: { readonly gapId: number; readonly threadId: string }): Part => ({
  threadId,
  gapId,
  remaining: null
})
