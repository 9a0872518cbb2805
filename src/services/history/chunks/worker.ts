// Takes chunks from their queue: fetch, decode, store, one chunk at a time. A chunk is stored in one transaction with the
// mark that it is done, so a crash repeats it or has it whole. A chunk that cannot be read is retried, then given up.
import { Clock, Context, Effect, Layer } from 'effect'
import { ownAddresses } from '../../../domain/account.ts'
import { AccountStore } from '../../conversations/account-store.ts'
import { Conversations } from '../../conversations/apply.ts'
import { Identity } from '../../conversations/identity.ts'
import { WaitsForDisk } from '../../database/durability.ts'
import type { DatabaseError } from '../../database/error.ts'
import { Transaction } from '../../database/transaction.ts'
import { Incidents } from '../../incidents/incidents.ts'
import { reportStorageTrouble } from '../../incidents/storage-trouble.ts'
import { LiveTraffic } from '../../journal/traffic.ts'
import { AccountMemory } from '../../process/account-memory.ts'
import { type Topic, topic, Wakes } from '../../process/wakes.ts'
import { makeWorker, type Worker } from '../../process/worker.ts'
import { Vault } from '../../vault/vault.ts'
import type { ChunkError } from '../../whatsapp/chunk/errors.ts'
import { type ChunkContents, ChunkReader } from '../../whatsapp/chunk/reader.ts'
import { storePrivacyTokens } from '../../whatsapp/tokens/privacy-tokens.ts'
import { WhatsApp } from '../../whatsapp/whatsapp.ts'
import { BackfillJobs } from '../backfill/jobs.ts'
import { PhoneActivity } from '../backfill/phone-activity.ts'
import { BackfillRequests } from '../backfill/requests.ts'
import { Coverage } from '../coverage/coverage.ts'
import { takeAnswer } from './answers.ts'
import { makeBegunEarly } from './begun-early.ts'
import { giveUpSealed, handleUnreadable } from './failures.ts'
import { makePace, type SyncProgress } from './pace.ts'
import { type Chunk, ChunkQueue, HISTORY_CHUNKS, ON_DEMAND, SHARED } from './queue.ts'
import { makeReadAhead } from './read-ahead.ts'
import { HistorySink, type Rest } from './sink.ts'

/** Read chunks are large: however many accounts sync at once, this many are in memory. */
const CHUNKS_IN_MEMORY = 2

/** No announced chunk of an account is left to be stored. */
const HISTORY_DRAINED = topic('history drained')

export class History extends Context.Service<
  History,
  {
    readonly chunks: Worker<DatabaseError, never>
    /** As long as it runs, the threads that a history needs are ready: each takes a second of processor time to start. */
    readonly stayPrepared: Effect.Effect<never>
    readonly progress: (accountId: string) => Effect.Effect<SyncProgress, DatabaseError>
    /** Accounts whose history is coming in. */
    readonly busy: Effect.Effect<ReadonlyArray<string>>
    /** Completes once an announced chunk waits to be stored. */
    readonly untilBusy: (accountId: string) => Effect.Effect<void, DatabaseError>
    /** Completes once no announced chunk is left to be stored. */
    readonly untilDrained: (accountId: string) => Effect.Effect<void, DatabaseError>
  }
>()('backscroll/services/history/History') {
  static readonly layer: Layer.Layer<History, never, Dependencies | AccountMemory> = Layer.effect(
    History,
    Effect.gen(function* () {
      const incidents = yield* Incidents
      const reading = yield* makeReading
      const context = yield* Effect.context<Dependencies>()
      const provided = Effect.provideContext(Context.pick(...NEEDED)(context))
      const runOnce = Effect.fn('History.runOnce')((accountId: string) =>
        provided(storeNext(reading, accountId))
      )
      const worker = yield* makeWorker({
        topic: HISTORY_CHUNKS,
        runOnce,
        words: {
          failing: 'History cannot be stored; it waits in its queue',
          again: 'History is stored again'
        },
        onTrouble: reportStorageTrouble(incidents)
      })
      return History.of({
        chunks: {
          ...worker,
          loop: accountId =>
            Effect.ensuring(
              worker.loop(accountId),
              Effect.andThen(reading.early.drop(accountId), reading.ahead.drop(accountId))
            )
        },
        stayPrepared: provided(stayPrepared),
        progress: accountId => provided(readProgress(reading, accountId)),
        busy: Effect.map(Clock.currentTimeMillis, now => reading.pace.busy(now)),
        untilBusy: accountId => provided(untilQueue(accountId, 'has chunks', HISTORY_CHUNKS)),
        untilDrained: accountId => provided(untilQueue(accountId, 'is empty', HISTORY_DRAINED))
      })
    })
  )
}

/** What the functions of this service are given. */
const NEEDED = [
  AccountStore,
  BackfillJobs,
  BackfillRequests,
  ChunkQueue,
  ChunkReader,
  Conversations,
  Coverage,
  HistorySink,
  Identity,
  Incidents,
  LiveTraffic,
  PhoneActivity,
  Transaction,
  Vault,
  Wakes,
  WhatsApp
] as const

type Dependencies = Context.Service.Identifier<(typeof NEEDED)[number]>

/** A person needs longer to scan a code. */
const NOT_NEEDED_BEFORE = '1 second'
/** Threads without work end a little later. */
const PREPARED_EVERY = '20 seconds'

const stayPrepared = Effect.gen(function* () {
  const reader = yield* ChunkReader
  const sink = yield* HistorySink
  yield* Effect.sleep(NOT_NEEDED_BEFORE)
  while (true) {
    yield* Effect.all([reader.start, sink.prepare], { concurrency: 'unbounded', discard: true })
    yield* Effect.sleep(PREPARED_EVERY)
  }
})

/** What the worker remembers of the accounts. */
const makeReading = Effect.gen(function* () {
  const memory = yield* AccountMemory
  const scope = yield* Effect.scope
  const ahead = makeReadAhead<ChunkContents, ChunkError>(CHUNKS_IN_MEMORY, scope)
  return {
    ahead: memory.register('history.readAhead', ahead),
    /** The chunks that the phone was asked for again. */
    asked: memory.perAccount('history.chunksAsked', () => new Set<number>()),
    early: memory.register('history.storedEarly', makeBegunEarly<Rest, DatabaseError>(scope)),
    /** The chunk that is read ahead. */
    next: memory.register('history.nextChunk', new Map<string, Chunk>()),
    pace: memory.register('history.pace', makePace())
  }
})

type Reading = Effect.Success<typeof makeReading>

/** Stores the next chunk that is due, while the one after it is read. */
const storeNext = Effect.fnUntraced(function* (reading: Reading, accountId: string) {
  const now = yield* Clock.currentTimeMillis
  const chunk = yield* dueOrGivenUp(accountId, now)
  if (chunk === 'given up') return 'more' as const
  if (chunk === undefined) return yield* whenNothingIsDue(reading, accountId)
  const read = yield* readerOf(accountId)
  yield* reading.ahead.use(accountId, chunk.chunkId, read(chunk), contents =>
    contents.pipe(
      Effect.tap(beginNext(reading, accountId, chunk, now, read)),
      Effect.flatMap(found => storeChunk(reading, accountId, chunk, now, found)),
      Effect.catchTag(['ChunkUnavailable', 'ChunkCorrupt'], failure =>
        handleUnreadable(accountId, chunk, failure, reading.asked.get(accountId))
      )
    )
  )
  return 'more' as const
})

/** The next chunk that is due; one whose announcement cannot be opened is given up. */
const dueOrGivenUp = Effect.fnUntraced(function* (accountId: string, now: number) {
  const queue = yield* ChunkQueue
  return yield* queue
    .due(accountId, now)
    .pipe(
      Effect.catchTag('ChunkSealBroken', broken =>
        Effect.as(giveUpSealed(accountId, broken), 'given up' as const)
      )
    )
})

type ReadChunk = (chunk: Chunk) => Effect.Effect<ChunkContents, ChunkError>

/** Begins to read the chunk after this one, if another one is due. */
const beginNext = Effect.fnUntraced(function* (
  { ahead, next: nextChunks }: Reading,
  accountId: string,
  chunk: Chunk,
  now: number,
  read: ReadChunk
) {
  const queue = yield* ChunkQueue
  // One that cannot be opened is dealt with when it is its turn.
  const next = yield* queue
    .due(accountId, now, chunk.chunkId)
    .pipe(Effect.catchTag('ChunkSealBroken', () => Effect.undefined))
  if (next === undefined) return void nextChunks.delete(accountId)
  nextChunks.set(accountId, next)
  yield* ahead.begin(accountId, next.chunkId, read(next))
})

/** Answers when the next chunk that waits is due; without one, wakes those who wait for the end of the history. */
const whenNothingIsDue = Effect.fnUntraced(function* ({ ahead, early }: Reading, accountId: string) {
  const queue = yield* ChunkQueue
  const wakes = yield* Wakes
  // A chunk that was read ahead may have been replaced meanwhile: it must not keep its place in memory.
  yield* early.drop(accountId)
  yield* ahead.drop(accountId)
  const nextAt = yield* queue.nextDue(accountId)
  if (nextAt !== undefined) return { nextAt }
  yield* wakes.wake(HISTORY_DRAINED, accountId)
  return 'idle' as const
})

const readerOf = Effect.fnUntraced(function* (accountId: string) {
  const reader = yield* ChunkReader
  const accounts = yield* AccountStore
  const self = ownAddresses(yield* accounts.read(accountId))
  return (({ announcedAt, notification, syncType }) =>
    reader.read(
      { accountId, self },
      notification,
      announcedAt,
      syncType === SHARED ? 'member' : 'phone'
    )) satisfies ReadChunk
})

/** Stores a chunk that was read; `begunAt` is when work on it began, milliseconds since 1970. */
const storeChunk = Effect.fnUntraced(function* (
  reading: Reading,
  accountId: string,
  chunk: Chunk,
  begunAt: number,
  contents: ChunkContents
) {
  const transaction = yield* Transaction
  const whatsapp = yield* WhatsApp
  const activity = yield* PhoneActivity
  // If the power is cut before the disk has it, the chunk is taken once more.
  const messages = yield* Effect.provideService(
    Effect.flatMap(
      reading.early.use(
        accountId,
        chunk.chunkId,
        Effect.andThen(liveFirst, restOf(reading, accountId, chunk, contents))
      ),
      rest => transaction.run(takeChunk(accountId, chunk, contents, rest))
    ),
    WaitsForDisk,
    false
  )
  reading.pace.note(accountId, { at: begunAt, messages })
  const identity = yield* Identity
  // Not those that are older than what is known: messages to a number would go to whoever had it before.
  const pairs = contents.people.filter(fact => fact.kind === 'samePerson')
  const mappings = yield* identity.linkedAmong(accountId, pairs)
  yield* whatsapp.storeLidMappings(accountId, mappings)
  yield* activity.note(accountId)
  yield* logFinished(chunk, messages, yield* readProgress(reading, accountId)).pipe(
    Effect.annotateLogs({ accountId })
  )
})

const liveFirst = LiveTraffic.use(traffic => traffic.quiet('chunk'))

/** The same for a chunk that is begun early. The sockets were read before the chunk before it was reported as stored. */
const liveFirstUnlessQuiet = LiveTraffic.use(traffic =>
  traffic.isQuiet() ? Effect.void : traffic.quiet('chunk')
)

/** The answer to a request is small, and is stored in one transaction with the mark that the request is settled. */
const restOf = Effect.fnUntraced(function* (
  reading: Reading,
  accountId: string,
  chunk: Chunk,
  contents: ChunkContents
): Effect.fn.Return<Rest, DatabaseError, HistorySink | LiveTraffic> {
  if (chunk.syncType === ON_DEMAND) return { ...contents, taken: 0 } satisfies Rest
  const sink = yield* HistorySink
  const context = yield* Effect.context<HistorySink | LiveTraffic>()
  const whenStored = Effect.provideContext(storeNextEarly(reading, accountId, chunk), context)
  return yield* sink.takeAhead(accountId, chunk, contents, whenStored)
})

/** Begins to store the chunk after this one, if it has been read: the thread that stores does not wait until this one is completed. */
const storeNextEarly = Effect.fnUntraced(function* (reading: Reading, accountId: string, { chunkId }: Chunk) {
  const next = reading.next.get(accountId)
  if (next === undefined || next.chunkId === chunkId || next.syncType === ON_DEMAND) return
  const contents = yield* reading.ahead.peek(accountId, next.chunkId)
  if (contents !== undefined)
    yield* reading.early.begin(
      accountId,
      next.chunkId,
      Effect.andThen(liveFirstUnlessQuiet, restOf(reading, accountId, next, contents))
    )
})

const takeChunk = Effect.fnUntraced(function* (
  accountId: string,
  chunk: Chunk,
  { tokens }: ChunkContents,
  { conversations, people, taken }: Rest
) {
  const sink = yield* HistorySink
  const vault = yield* Vault
  yield* sink.takePeople(accountId, people)
  yield* storePrivacyTokens(vault, accountId, tokens).pipe(
    Effect.catchTag('SealBroken', error => Effect.logWarning('Tokens of contacts could not be stored', error))
  )
  const rest =
    chunk.syncType === ON_DEMAND
      ? yield* takeAnswer(accountId, chunk, conversations)
      : yield* sink.takeConversations(accountId, chunk, conversations, chunk.linkedAt)
  const messages = taken + rest
  yield* sink.finish(accountId, chunk, messages)
  return messages
})

const readProgress = Effect.fnUntraced(function* ({ pace }: Reading, accountId: string) {
  const queue = yield* ChunkQueue
  return pace.progress(accountId, yield* queue.progress(accountId), yield* Clock.currentTimeMillis)
})

/** One page of a backfill is logged at debug level. */
const logFinished = Effect.fnUntraced(function* (
  { syncType }: Chunk,
  messages: number,
  progress: SyncProgress
) {
  const { finishedMessage } = yield* HistorySink
  const { chunksPending, messagesPerSecond, percent, secondsLeft } = progress
  const log = syncType === ON_DEMAND ? Effect.logDebug : Effect.logInfo
  yield* log(finishedMessage).pipe(
    Effect.annotateLogs({
      messages,
      syncType,
      chunksPending,
      percent: percent ?? 0,
      messagesPerSecond,
      ...(secondsLeft === null ? {} : { secondsLeft })
    })
  )
})

/** Completes once the queue has chunks or is empty; looks again whenever `changed` is woken. */
const untilQueue = Effect.fnUntraced(function* (
  accountId: string,
  wanted: 'has chunks' | 'is empty',
  changed: Topic
) {
  const queue = yield* ChunkQueue
  const waiter = yield* Effect.flatMap(Wakes, wakes => wakes.waiter(changed, accountId))
  while (true) {
    yield* waiter.reset
    const found = (yield* queue.nextDue(accountId)) === undefined ? 'is empty' : 'has chunks'
    if (found === wanted) return
    yield* waiter.await
  }
}, Effect.scoped)
