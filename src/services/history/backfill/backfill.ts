// Asks the phone for what is not held, page after page: gaps from their newer edge, beginnings from the oldest message.
// It decides what is due and waits for answers; the history worker stores them.
import { Context, Effect, Layer, Schema } from 'effect'
import type { BackfillJob } from '../../../domain/backfill.ts'
import type { DatabaseError } from '../../database/error.ts'
import { AccountStore } from '../../conversations/account-store.ts'
import { MessageStore } from '../../conversations/message-store.ts'
import type { AccountMemory } from '../../process/account-memory.ts'
import { Wakes } from '../../process/wakes.ts'
import { WhatsApp } from '../../whatsapp/whatsapp.ts'
import { ChunkQueue } from '../chunks/queue.ts'
import { Coverage } from '../coverage/coverage.ts'
import { HeldThreads } from './held-threads.ts'
import { BackfillJobs } from './jobs.ts'
import { runBackfill, untilDue } from './loop.ts'
import { PhoneActivity } from './phone-activity.ts'
import { noteAbsence, recordPresence } from './presence.ts'
import { BackfillRequests } from './requests.ts'
import { type BackfillOptions, BackfillSettings } from './settings.ts'
import { Silences } from './silence.ts'

/** What a job is to fetch; the settings decide what is not given. */
export interface WantedBackfill {
  readonly threadId?: string | undefined
  /** How many of the most recently active threads, when no thread is named. */
  readonly threads?: number | undefined
  /** Messages per thread; 0: all of them. */
  readonly count?: number | undefined
  /** Nothing older than this, milliseconds since 1970. */
  readonly until?: number | undefined
}

/** Neither the request nor the settings name a thread. */
export class NoThreads extends Schema.TaggedError<NoThreads>()('NoThreads', {}) {}

export class Backfill extends Context.Service<
  Backfill,
  {
    /** Writes down a job. */
    readonly accept: (
      accountId: string,
      wanted: WantedBackfill
    ) => Effect.Effect<BackfillJob, NoThreads | DatabaseError>
    readonly read: BackfillJobs['Service']['read']
    readonly list: BackfillJobs['Service']['list']
    readonly tasks: BackfillJobs['Service']['tasks']
    readonly cancel: BackfillJobs['Service']['cancel']
    /** Until when a phone that does not answer is not asked (milliseconds since 1970); `null` while it answers. */
    readonly silentUntil: (accountId: string) => number | null

    /** Before a connection: an absence that WhatsApp's offline queue does not bridge leaves a gap in every thread. */
    readonly noteAbsence: (accountId: string) => Effect.Effect<void>
    /** While the account is online: starts the automatic job and records that it is online. Never ends. */
    readonly recordPresence: (accountId: string) => Effect.Effect<never>
    /** Completes once there is something to ask for. */
    readonly untilDue: (accountId: string) => Effect.Effect<void, DatabaseError>
    /** Asks until there is nothing to ask for at the moment, or the phone is silent. */
    readonly run: (accountId: string) => Effect.Effect<void, DatabaseError>
  }
>()('backscroll/services/history/Backfill') {
  static layer(
    options: BackfillOptions
  ): Layer.Layer<Backfill, never, Exclude<Dependencies, BackfillSettings | Silences> | AccountMemory> {
    return Layer.effect(
      Backfill,
      Effect.gen(function* () {
        const jobs = yield* BackfillJobs
        const silences = yield* Silences
        const context = Context.pick(...NEEDED)(yield* Effect.context<Dependencies>())
        const provided = Effect.provideContext(context)

        return Backfill.of({
          // What was accepted is begun, also when whoever asked goes away in between.
          accept: Effect.fn('Backfill.accept')(accept, Effect.uninterruptible, provided),
          read: jobs.read,
          list: jobs.list,
          tasks: jobs.tasks,
          cancel: (accountId, jobId) =>
            Effect.uninterruptible(Effect.andThen(jobs.cancel(accountId, jobId), jobs.wake(accountId))),
          silentUntil: silences.until,
          noteAbsence: accountId => provided(noteAbsence(accountId)),
          recordPresence: accountId => provided(recordPresence(accountId)),
          untilDue: accountId => provided(untilDue(accountId)),
          run: Effect.fn('Backfill.run')(runBackfill, provided)
        })
      })
    ).pipe(Layer.provide([Silences.layer, Layer.succeed(BackfillSettings, options)]))
  }
}

/** What the functions of this service are given. */
const NEEDED = [
  AccountStore,
  BackfillJobs,
  BackfillRequests,
  BackfillSettings,
  ChunkQueue,
  Coverage,
  HeldThreads,
  MessageStore,
  PhoneActivity,
  Silences,
  Wakes,
  WhatsApp
] as const

type Dependencies = Context.Service.Identifier<(typeof NEEDED)[number]>

const accept = Effect.fnUntraced(function* (
  accountId: string,
  { count, threadId, threads, until }: WantedBackfill
) {
  const jobs = yield* BackfillJobs
  const silences = yield* Silences
  const settings = yield* BackfillSettings
  const among = threads ?? settings.threads
  if (threadId === undefined && among === 0) return yield* new NoThreads({})
  const job = yield* jobs.create(accountId, {
    origin: 'request',
    threadId: threadId ?? null,
    threads: threadId === undefined ? among : 1,
    count: count ?? settings.count,
    until: until ?? null
  })
  // A person waits for this job: a phone that did not answer for another chat is asked at once.
  silences.end(accountId)
  yield* jobs.wake(accountId)
  return job
})
