// Asks the phone for what is not held, page after page: gaps from their newer edge, the beginning from the oldest message.
// It decides what is due and waits for answers; storing them is the business of the history worker.
import { Clock, Context, Effect, Layer, Random, Schedule, Schema } from 'effect'
import {
  type BackfillJob,
  type BackfillTask,
  PAGE_MESSAGES,
  REQUESTS_IN_FLIGHT,
  silenceDelay
} from '../../../domain/backfill.ts'
import { newWhatsAppMessageId } from '../../../domain/ids.ts'
import type { DatabaseError } from '../../database/error.ts'
import { Store } from '../../conversations/store.ts'
import type { RawMessage } from '../../whatsapp/convert/chunk.ts'
import type { NotConfirmed, NotConnected, SendRefused } from '../../whatsapp/errors.ts'
import { WhatsApp } from '../../whatsapp/whatsapp.ts'
import { Wakes } from '../../process/wakes.ts'
import { BACKFILL, BackfillJobs } from './jobs.ts'
import type { PageRequest, Part, Task } from './rows.ts'
import { ChunkQueue } from '../chunks/queue.ts'
import { Coverage } from '../coverage/coverage.ts'
import { Ground } from './held-threads.ts'

export interface BackfillOptions {
  /** Of each thread, messages that the server fetches by itself; 0 is all. */
  readonly count: number
  /** Threads, most recently active first, whose beginning the server seeks by itself. */
  readonly threads: number
  /** How long the phone has for an answer. */
  readonly timeoutMs: number
  /** The longest a silent phone is left alone. */
  readonly longestSilenceMs: number
  /** How long after the last chunk of history the phone is left to send the next. */
  readonly settleMs: number
  /** WhatsApp keeps messages for a device that is away this long at least. */
  readonly offlineQueueMs: number
}

/** Where the phone's willingness to answer stands, for one account. */
interface Silence {
  readonly count: number
  readonly until: number
}

const NO_SILENCE: Silence = { count: 0, until: 0 }
/** How long a request waits that could not be sent: the connection is about to be lost, or WhatsApp is slow. */
const UNSENT_RETRY = '5 seconds'
const ONLINE_NOTED_EVERY = '1 minute'
const NOTE_AGAIN = { schedule: Schedule.spaced('2 seconds') }
const DAY_MS = 24 * 60 * 60 * 1000

/** Neither the request nor the settings name a thread. */
export class NoThreads extends Schema.TaggedError<NoThreads>()('NoThreads', {}) {}

export class Backfill extends Context.Service<
  Backfill,
  {
    /** Accepts a job; what is not given is as the settings say. */
    readonly accept: (
      accountId: string,
      request: {
        readonly threadId?: string | undefined
        readonly threads?: number | undefined
        readonly count?: number | undefined
        readonly until?: number | undefined
      }
    ) => Effect.Effect<BackfillJob, NoThreads | DatabaseError>
    readonly read: (accountId: string, jobId: string) => Effect.Effect<BackfillJob | undefined, DatabaseError>
    readonly list: BackfillJobs['Service']['list']
    readonly tasks: (
      jobId: string,
      limit: number
    ) => Effect.Effect<ReadonlyArray<BackfillTask>, DatabaseError>
    readonly cancel: (accountId: string, jobId: string) => Effect.Effect<void, DatabaseError>
    /** Until when a phone that does not answer is left alone (milliseconds since 1970); `null` while it answers. */
    readonly silentUntil: (accountId: string) => number | null

    /** Before a connection: an absence that WhatsApp's queue does not bridge leaves a gap in every thread. */
    readonly beforeConnecting: (accountId: string) => Effect.Effect<void>
    /** While the account is online: begins the automatic job and notes that it is online. Never ends. */
    readonly attend: (accountId: string) => Effect.Effect<never>
    /** Completes once there is something to ask for. */
    readonly untilDue: (accountId: string) => Effect.Effect<void, DatabaseError>
    /** Asks until there is nothing to ask for at the moment, or the phone is silent. */
    readonly run: (accountId: string) => Effect.Effect<void, DatabaseError>
  }
>()('backscroll/services/history/Backfill') {
  static layer(
    options: BackfillOptions
  ): Layer.Layer<Backfill, never, BackfillJobs | ChunkQueue | Coverage | Ground | Store | Wakes | WhatsApp> {
    return Layer.effect(
      Backfill,
      Effect.gen(function* () {
        const jobs = yield* BackfillJobs
        const chunks = yield* ChunkQueue
        const coverage = yield* Coverage
        const ground = yield* Ground
        const store = yield* Store
        const whatsapp = yield* WhatsApp
        const wakes = yield* Wakes
        const silences = new Map<string, Silence>()
        const silenceOf = (accountId: string): Silence => silences.get(accountId) ?? NO_SILENCE

        const automatic = (accountId: string) =>
          jobs.create(accountId, {
            origin: 'automatic',
            threadId: null,
            threads: options.threads,
            count: options.count,
            until: null
          })

        const partsOfThread = Effect.fnUntraced(function* (
          threadId: string,
          remaining: number | null,
          withBeginning: boolean
        ) {
          const gaps = yield* ground.gapsOf(threadId)
          const parts: Array<Part> = gaps.map(({ gapId }) => ({ threadId, gapId, remaining: null }))
          if (withBeginning && (yield* ground.reachOf(threadId)).beginning !== 'reached')
            parts.push({ threadId, gapId: null, remaining })
          return parts
        })

        /** Every known gap first, then the beginnings of the most recently active threads. */
        const automaticParts = Effect.fnUntraced(function* (job: BackfillJob) {
          const gaps: Array<Part> = (yield* ground.openGaps(job.accountId)).map(({ gapId, threadId }) => ({
            threadId,
            gapId,
            remaining: null
          }))
          const recent = yield* ground.recentThreads(job.accountId, job.threads)
          const beginnings = recent.flatMap(({ beginning, sought, threadId }): ReadonlyArray<Part> => {
            const remaining = job.count === 0 ? null : job.count - sought
            return beginning === 'reached' || (remaining !== null && remaining <= 0)
              ? []
              : [{ threadId, gapId: null, remaining }]
          })
          return [...gaps, ...beginnings]
        })

        const partsOf = Effect.fnUntraced(function* (job: BackfillJob) {
          if (job.origin === 'automatic') return yield* automaticParts(job)
          const remaining = job.count === 0 ? null : job.count
          if (job.threadId !== null) return yield* partsOfThread(job.threadId, remaining, true)
          const threads = yield* ground.recentThreads(job.accountId, job.threads)
          return (yield* Effect.forEach(threads, ({ threadId }) =>
            partsOfThread(threadId, remaining, true)
          )).flat()
        })

        /** When the phone has had its time to send history by itself. */
        const settledAt = (accountId: string) =>
          Effect.map(chunks.settled(accountId), ({ complete, lastAt }) =>
            complete ? 0 : lastAt + options.settleMs
          )

        const planJobs = Effect.fnUntraced(function* (accountId: string) {
          const unplanned = yield* jobs.unplanned(accountId)
          for (const job of unplanned) yield* jobs.plan(accountId, job.jobId, yield* partsOf(job))
          if (unplanned.length > 0) return
          // Found since: a gap, or a chat that began while connected.
          const found = yield* jobs.untried(accountId, options.threads > 0)
          if (found.length === 0) return
          const jobId = (yield* jobs.runningAutomatic(accountId)) ?? (yield* automatic(accountId)).jobId
          yield* jobs.plan(
            accountId,
            jobId,
            found.map(part => ({
              ...part,
              remaining: part.gapId !== null || options.count === 0 ? null : options.count
            }))
          )
        })

        /** The message to ask before: a gap's newer edge, or the oldest there is. */
        const anchorOf = Effect.fnUntraced(function* (task: Task, now: number) {
          if (task.gapId === null) return yield* ground.oldest(task.threadId)
          const gap = yield* coverage.gap(task.gapId)
          if (gap === undefined) return undefined
          if (gap.to !== null && gap.toId !== null)
            return { whatsAppId: gap.toId, fromMe: gap.toFromMe, at: gap.to } satisfies RawMessage
          const held = yield* store.edge(task.threadId, 'oldest', { after: gap.from ?? undefined })
          const anchor = held ?? { whatsAppId: '', fromMe: false, at: now }
          return { whatsAppId: anchor.whatsAppId, fromMe: anchor.fromMe, at: anchor.at } satisfies RawMessage
        })

        /** A phone may know a chat under its other address: each try uses the next one. */
        const addressFor = Effect.fnUntraced(function* (accountId: string, task: Task) {
          const addresses = yield* ground.addresses(accountId, task.threadId)
          return addresses[task.attempts % addresses.length] ?? ''
        })

        const settleUnsent = (
          accountId: string,
          request: PageRequest,
          failure: NotConfirmed | NotConnected | SendRefused
        ) =>
          failure._tag === 'SendRefused'
            ? jobs.refused(accountId, request, failure.reason, 'whatsapp')
            : // Nothing was asked; a connection that takes nothing is no reason to try again at once.
              Effect.andThen(jobs.unasked(request), Effect.sleep(UNSENT_RETRY))

        const ask = Effect.fnUntraced(function* (accountId: string, task: Task) {
          const now = yield* Clock.currentTimeMillis
          if (task.gapId === null && (yield* ground.reachOf(task.threadId)).beginning === 'reached')
            return yield* jobs.finish(task.taskId, 'The beginning is held')
          const anchor = yield* anchorOf(task, now)
          if (anchor === undefined)
            return yield* jobs.finish(
              task.taskId,
              task.gapId === null ? 'Nothing of it is held yet' : 'Filled'
            )
          if (task.gapId === null && task.until !== null && anchor.at < task.until)
            return yield* jobs.finish(task.taskId, 'Back to the time asked for')
          const request: PageRequest = {
            requestId: newWhatsAppMessageId(),
            taskId: task.taskId,
            threadId: task.threadId,
            chatJid: yield* addressFor(accountId, task),
            anchorId: anchor.whatsAppId,
            anchorAt: anchor.at
          }
          // Written down first: an answer is recognised also by the server that comes after a crash.
          yield* jobs.asked(accountId, request)
          yield* whatsapp
            .askForHistory(accountId, {
              requestId: request.requestId,
              chatJid: request.chatJid,
              before: anchor,
              count: Math.min(PAGE_MESSAGES, task.remaining ?? PAGE_MESSAGES)
            })
            .pipe(
              Effect.matchEffect({
                onSuccess: () => jobs.sent(request.requestId),
                onFailure: failure => settleUnsent(accountId, request, failure)
              })
            )
        })

        const expire = Effect.fnUntraced(function* (accountId: string) {
          const now = yield* Clock.currentTimeMillis
          const { expired, silent } = yield* jobs.expire(accountId, now - options.timeoutMs)
          if (expired === 0) return
          if (!silent) return
          const count = silenceOf(accountId).count + 1
          const wait = silenceDelay(count, options.longestSilenceMs)
          // A little more or less each time, so that many accounts do not ask at once.
          const jitter = 0.9 + 0.2 * (yield* Random.next)
          silences.set(accountId, { count, until: now + Math.round(wait * jitter) })
          yield* Effect.logInfo('The phone does not answer; it is asked again later').pipe(
            Effect.annotateLogs({ accountId, seconds: Math.round(wait / 1000) })
          )
        })

        const endSilence = (accountId: string): void => {
          if (jobs.takeHeard(accountId)) silences.delete(accountId)
        }

        /** When something is due next: `0` now, `undefined` never. */
        const dueAt = Effect.fnUntraced(function* (accountId: string) {
          const asked = yield* jobs.oldestAsked(accountId)
          const times: Array<number> = asked === undefined ? [] : [asked + options.timeoutMs]
          const isPlanned =
            (yield* jobs.unplanned(accountId)).length > 0 ||
            (yield* jobs.untried(accountId, options.threads > 0)).length > 0
          if (isPlanned) times.push(yield* settledAt(accountId))
          if ((yield* jobs.next(accountId)) !== undefined) times.push(silenceOf(accountId).until)
          return times.length === 0 ? undefined : Math.min(...times)
        })

        const run = Effect.fn('Backfill.run')(function* (accountId: string) {
          yield* jobs.forgetUnsent(accountId)
          const waiter = yield* wakes.waiter(BACKFILL, accountId)
          while (true) {
            yield* waiter.reset
            yield* expire(accountId)
            endSilence(accountId)
            const now = yield* Clock.currentTimeMillis
            if ((yield* settledAt(accountId)) <= now) yield* planJobs(accountId)
            const { count, until } = silenceOf(accountId)
            const most = count > 0 ? 1 : REQUESTS_IN_FLIGHT
            let inFlight = yield* jobs.inFlight(accountId)
            while (until <= now && inFlight < most) {
              const task = yield* jobs.next(accountId)
              if (task === undefined) break
              yield* ask(accountId, task)
              inFlight = yield* jobs.inFlight(accountId)
            }
            if (inFlight === 0) return
            const deadline = ((yield* jobs.oldestAsked(accountId)) ?? now) + options.timeoutMs
            yield* Effect.timeoutOption(
              waiter.await,
              Math.max(0, deadline - (yield* Clock.currentTimeMillis))
            )
          }
        }, Effect.scoped)

        const untilDue = Effect.fnUntraced(function* (accountId: string) {
          const waiter = yield* wakes.waiter(BACKFILL, accountId)
          while (true) {
            yield* waiter.reset
            endSilence(accountId)
            const at = yield* dueAt(accountId)
            const now = yield* Clock.currentTimeMillis
            if (at !== undefined && at <= now) return
            yield* at === undefined ? waiter.await : Effect.timeoutOption(waiter.await, at - now)
          }
        }, Effect.scoped)

        /** A database that is away holds up the noting, not the account. */
        const untilNoted = (work: Effect.Effect<void, DatabaseError>) =>
          work.pipe(
            Effect.tapError(error =>
              Effect.logWarning('What is missing cannot be noted while the database is away', error)
            ),
            Effect.retry(NOTE_AGAIN),
            Effect.orDie
          )

        const noteOnline = Effect.fnUntraced(function* (accountId: string) {
          yield* store.updateAccount(accountId, { onlineAt: yield* Clock.currentTimeMillis })
        })

        const beforeConnecting = Effect.fnUntraced(function* (accountId: string) {
          const now = yield* Clock.currentTimeMillis
          const account = yield* store.readAccount(accountId)
          const { linkedAt = null, onlineAt = null } = account ?? {}
          if (onlineAt === null || now - onlineAt <= options.offlineQueueMs) return
          // Linked anew since: there is more to be noted than an absence, once it is online.
          if (linkedAt !== null && onlineAt < linkedAt) return
          yield* coverage.noteOutage(accountId, now)
          yield* noteOnline(accountId)
          yield* Effect.logInfo(
            'The account was away longer than WhatsApp keeps messages; what is missing is asked for'
          ).pipe(Effect.annotateLogs({ accountId, days: Math.round((now - onlineAt) / DAY_MS) }))
        })

        const begin = Effect.fnUntraced(function* (accountId: string) {
          const account = yield* store.readAccount(accountId)
          const { linkedAt = null, onlineAt = null } = account ?? {}
          if (linkedAt !== null && onlineAt !== null && onlineAt < linkedAt)
            yield* coverage.noteLinked(accountId, linkedAt)
          yield* noteOnline(accountId)
          if ((yield* jobs.runningAutomatic(accountId)) === undefined) yield* automatic(accountId)
          yield* jobs.wake(accountId)
        })

        const attend = (accountId: string) =>
          untilNoted(begin(accountId)).pipe(
            Effect.andThen(
              Effect.forever(
                Effect.andThen(Effect.sleep(ONLINE_NOTED_EVERY), untilNoted(noteOnline(accountId)))
              )
            ),
            Effect.annotateLogs({ accountId })
          )

        const accept: Backfill['Service']['accept'] = Effect.fn('Backfill.accept')(function* (
          accountId,
          { count, threadId, threads, until }
        ) {
          const among = threads ?? options.threads
          if (threadId === undefined && among === 0) return yield* new NoThreads({})
          const job = yield* jobs.create(accountId, {
            origin: 'request',
            threadId: threadId ?? null,
            threads: threadId === undefined ? among : 1,
            count: count ?? options.count,
            until: until ?? null
          })
          // Somebody waits for this one: a phone that did not answer for another chat is tried at once.
          silences.delete(accountId)
          yield* jobs.wake(accountId)
          return job
        })

        return Backfill.of({
          accept,
          read: jobs.read,
          list: jobs.list,
          tasks: jobs.tasks,
          cancel: (accountId, jobId) => Effect.andThen(jobs.cancel(accountId, jobId), jobs.wake(accountId)),
          silentUntil: accountId => silences.get(accountId)?.until ?? null,
          beforeConnecting: accountId => untilNoted(beforeConnecting(accountId)),
          attend,
          untilDue,
          run
        })
      })
    )
  }
}
