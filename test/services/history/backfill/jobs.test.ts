// Jobs, their parts and requests, as they are kept.
import { Clock, Effect } from 'effect'
import { SqlClient } from 'effect/sql'
import { expect, test } from 'vitest'
import { partReason } from '../../../../src/domain/backfill.ts'
import { threadIdOf } from '../../../../src/domain/ids.ts'
import { BackfillJobs } from '../../../../src/services/history/backfill/jobs.ts'
import { PhoneActivity } from '../../../../src/services/history/backfill/phone-activity.ts'
import { BackfillRequests } from '../../../../src/services/history/backfill/requests.ts'
import { Coverage } from '../../../../src/services/history/coverage/coverage.ts'
import { onDatabase } from '../../database.ts'
import { ACCOUNT, ANN, apply, message, T0 } from '../../conversations/facts.ts'

const THREAD = threadIdOf(ACCOUNT, ANN)
const JOB = { origin: 'automatic', threadId: null, threads: 50, count: 100, until: null } as const

/** A job with one part, of the gap or the beginning, that has been asked for. */
const asked = (gapId: number | null) =>
  Effect.gen(function* () {
    const jobs = yield* BackfillJobs
    const { jobId } = yield* jobs.create(ACCOUNT, JOB)
    yield* jobs.plan(ACCOUNT, jobId, [{ threadId: THREAD, gapId, remaining: null }])
    const sql = yield* SqlClient.SqlClient
    const [task] = yield* sql<{
      id: number
    }>`SELECT task_id AS id FROM backfill_tasks WHERE job_id = ${jobId}`
    const request = {
      requestId: `R${jobId}`,
      taskId: task!.id,
      threadId: THREAD,
      chatJid: ANN,
      anchorId: 'B',
      anchorAt: T0,
      askedAt: yield* Clock.currentTimeMillis,
      timeUnit: 'seconds' as const,
      until: null
    }
    yield* BackfillRequests.use(requests => requests.asked(ACCOUNT, request))
    return { jobId, request }
  })

/** The thread has a message, and an absence after it. */
const withGap = Effect.gen(function* () {
  yield* apply(message('A'))
  const coverage = yield* Coverage
  yield* coverage.noteOutage(ACCOUNT, T0 + 1000)
  const [gap] = yield* coverage.openGaps(ACCOUNT)
  return gap!.gapId
})

test('an answer of which nothing is stored closes no gap, but the dry run has counted it', async () => {
  await onDatabase(
    Effect.gen(function* () {
      const gapId = yield* withGap
      const jobs = yield* BackfillJobs
      expect(yield* jobs.unplannedParts(ACCOUNT, true)).toContainEqual({ threadId: THREAD, gapId })
      const { request } = yield* asked(gapId)
      const requests = yield* BackfillRequests
      yield* requests.answered(ACCOUNT, request, {
        received: 0,
        oldest: undefined,
        oldestTaken: undefined,
        beginning: 'reached',
        ids: new Set()
      })
      expect(yield* jobs.next(ACCOUNT)).toBeUndefined()
      expect(yield* requests.remainingGap(gapId)).toBeUndefined()
      expect(yield* Coverage.use(coverage => coverage.openGaps(ACCOUNT))).toHaveLength(1)
    }),
    { dryRun: true }
  )
})

test('the same answer closes it where it is stored', async () => {
  await onDatabase(
    Effect.gen(function* () {
      const gapId = yield* withGap
      const { request } = yield* asked(gapId)
      yield* BackfillRequests.use(requests =>
        requests.answered(ACCOUNT, request, {
          received: 0,
          oldest: undefined,
          oldestTaken: undefined,
          beginning: 'reached',
          ids: new Set()
        })
      )
      expect(yield* Coverage.use(coverage => coverage.openGaps(ACCOUNT))).toEqual([])
    })
  )
})

test('a job that is cancelled before its parts are decided has none', async () => {
  await onDatabase(
    Effect.gen(function* () {
      const jobs = yield* BackfillJobs
      const { jobId } = yield* jobs.create(ACCOUNT, JOB)
      yield* jobs.cancel(ACCOUNT, jobId)
      yield* jobs.plan(ACCOUNT, jobId, [{ threadId: THREAD, gapId: null, remaining: null }])
      expect(yield* jobs.next(ACCOUNT)).toBeUndefined()
      expect(yield* jobs.read(ACCOUNT, jobId)).toMatchObject({ status: 'cancelled', parts: 0 })
    })
  )
})

test('that WhatsApp refuses a request is no sign of the phone', async () => {
  await onDatabase(
    Effect.gen(function* () {
      yield* apply(message('A'))
      const requests = yield* BackfillRequests
      yield* asked(null)
      const { request } = yield* asked(null)
      yield* requests.refused(ACCOUNT, request, partReason('notTaken', 'Not allowed'), 'whatsapp')
      const later = (yield* Clock.currentTimeMillis) + 1
      expect(yield* requests.expire(ACCOUNT, later)).toMatchObject({ expired: 1, silent: true })
    })
  )
})

test('a phone that gives signs of itself, but no answer, is no silent one: the chat is given up in time', async () => {
  await onDatabase(
    Effect.gen(function* () {
      yield* apply(message('A'))
      const requests = yield* BackfillRequests
      const { request } = yield* asked(null)
      const sql = yield* SqlClient.SqlClient
      yield* sql`UPDATE backfill_requests SET asked_at = asked_at - 60000`
      yield* PhoneActivity.use(activity => activity.note(ACCOUNT))
      const now = yield* Clock.currentTimeMillis
      expect(yield* requests.expire(ACCOUNT, now)).toEqual({ expired: 1, silent: false })
      const [task] = yield* sql<{ attempts: number }>`SELECT attempts FROM backfill_tasks
        WHERE task_id = ${request.taskId}`
      expect(task?.attempts).toBe(1)
    })
  )
})

test('a job is forgotten with its parts some time after its end, not before', async () => {
  await onDatabase(
    Effect.gen(function* () {
      const jobs = yield* BackfillJobs
      const { jobId } = yield* asked(null)
      const running = (yield* jobs.create(ACCOUNT, JOB)).jobId
      yield* jobs.cancel(ACCOUNT, jobId)
      const later = (yield* Clock.currentTimeMillis) + 1
      yield* jobs.prune(0)
      expect(yield* jobs.tasks(jobId, 10)).toHaveLength(1)
      yield* jobs.prune(later)
      expect(yield* jobs.read(ACCOUNT, jobId)).toBeUndefined()
      expect(yield* jobs.tasks(jobId, 10)).toEqual([])
      expect(yield* jobs.read(ACCOUNT, running)).toMatchObject({ status: 'running' })
    })
  )
})
