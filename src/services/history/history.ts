// Works off the chunk queue: fetch, decode, store, one chunk at a time. A chunk is stored in one transaction with the
// mark that it is done, so a crash repeats it or has it whole. What cannot be had is retried, then becomes an incident.
import { Clock, Context, Effect, Layer, Semaphore } from 'effect'
import { ownAddresses } from '../../domain/account.ts'
import { Incidents } from '../observe/incidents.ts'
import { storageTrouble } from '../observe/storage-trouble.ts'
import { Ingest } from '../receive/ingest.ts'
import type { StoreError } from '../store/store.ts'
import { Store } from '../store/store.ts'
import { type Chunk as QueuedChunk, ChunkQueue, type HistoryProgress } from './chunk-queue.ts'
import {
  type ChunkCorrupt,
  type ChunkUnavailable,
  type DecodedChunk,
  readChunk
} from '../whatsapp/history-chunk.ts'
import { WhatsApp } from '../whatsapp/whatsapp.ts'
import { makeWorker, type Worker } from '../worker.ts'

/** A media server that is away for a quarter of an hour loses no chunk; a broken chunk does not get better by asking. */
const MAX_ATTEMPTS = { ChunkUnavailable: 10, ChunkCorrupt: 4 }
const ASK_PHONE_AFTER = 2
/** How often the phone makes one chunk for us before it is given up. */
const MOST_EDITIONS = 3
const FIRST_RETRY_MS = 2000
const LONGEST_RETRY_MS = 300_000

/** Decoded chunks are large: however many accounts sync at once, this many are in memory. */
const CHUNKS_IN_MEMORY = 2

export class History extends Context.Service<
  History,
  {
    readonly chunks: Worker<StoreError, never>
    readonly progress: (accountId: string) => Effect.Effect<HistoryProgress, StoreError>
    /** Completes once an announced chunk waits to be stored. */
    readonly untilBusy: (accountId: string) => Effect.Effect<void, StoreError>
    /** Completes once no announced chunk is left to be stored. */
    readonly untilDrained: (accountId: string) => Effect.Effect<void, StoreError>
  }
>()('backscroll/services/history/History') {
  static layer(options: {
    readonly mediaBase: URL
  }): Layer.Layer<History, never, ChunkQueue | Ingest | Store | Incidents | WhatsApp> {
    return Layer.effect(
      History,
      Effect.gen(function* () {
        const queue = yield* ChunkQueue
        const ingest = yield* Ingest
        const store = yield* Store
        const incidents = yield* Incidents
        const whatsapp = yield* WhatsApp
        const memory = yield* Semaphore.make(CHUNKS_IN_MEMORY)
        const watchers = new Map<string, Set<() => void>>()

        const tellWatchers = (accountId: string) =>
          Effect.sync(() => {
            for (const watcher of watchers.get(accountId) ?? []) watcher()
          })

        const storeChunk = Effect.fnUntraced(function* (
          accountId: string,
          chunkId: number,
          chunk: DecodedChunk
        ) {
          let messages = 0
          yield* ingest.apply(accountId, chunk.people, Effect.void)
          for (const facts of chunk.conversations) {
            messages += facts.filter(fact => fact.kind === 'message').length
            yield* ingest.apply(accountId, facts, Effect.void)
          }
          yield* queue.done(chunkId, messages)
          return messages
        }, store.atomically)

        const setback = Effect.fnUntraced(function* (
          accountId: string,
          chunk: QueuedChunk,
          { _tag: kind, reason }: ChunkUnavailable | ChunkCorrupt
        ) {
          const attempt = chunk.attempts + 1
          // A chunk does not get better by fetching it again: the phone makes it anew, under another name.
          if (attempt === ASK_PHONE_AFTER && chunk.editions < MOST_EDITIONS) {
            yield* whatsapp
              .askForChunk(accountId, chunk.notificationId, chunk.notification)
              .pipe(Effect.catch(() => Effect.logDebug('The phone cannot be asked for a chunk now')))
          }
          if (attempt < MAX_ATTEMPTS[kind]) {
            const now = yield* Clock.currentTimeMillis
            yield* queue.retryAt(
              chunk.chunkId,
              now + Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** (attempt - 1)),
              reason
            )
            return
          }
          yield* queue.giveUp(chunk.chunkId, reason)
          yield* incidents.report({
            accountId,
            kind: 'history.chunkLost',
            severity: 'error',
            subject: String(chunk.chunkId),
            happened: `A history chunk could not be read: ${reason}`,
            did: `Asked the phone to make it again and gave up after ${attempt} attempts; everything else was stored. If the phone answers later, it is stored then`,
            advice:
              'Open WhatsApp on the phone. If messages stay missing, link the account again to have the phone send its history anew'
          })
        })

        const runOnce = Effect.fn('History.runOnce')(function* (accountId: string) {
          const now = yield* Clock.currentTimeMillis
          const chunk = yield* queue.due(accountId, now)
          if (chunk === undefined) {
            const nextAt = yield* queue.nextDue(accountId)
            if (nextAt === undefined) yield* tellWatchers(accountId)
            return nextAt === undefined ? ('idle' as const) : { nextAt }
          }
          const self = ownAddresses(yield* store.readAccount(accountId))
          yield* Effect.gen(function* () {
            const decoded = yield* readChunk(self, chunk.notification, options.mediaBase)
            const messages = yield* storeChunk(accountId, chunk.chunkId, decoded)
            yield* whatsapp.learnPeople(accountId, decoded.people)
            const progress = yield* queue.progress(accountId)
            yield* Effect.logInfo('A history chunk is stored').pipe(
              Effect.annotateLogs({
                accountId,
                messages,
                syncType: chunk.syncType,
                percent: progress.percent ?? 0
              })
            )
          }).pipe(
            Effect.catchTag(['ChunkUnavailable', 'ChunkCorrupt'], failure =>
              setback(accountId, chunk, failure)
            ),
            work => memory.withPermit(work)
          )
          return 'more' as const
        })

        const untilDrained = (accountId: string) =>
          Effect.callback<void, StoreError>(resume => {
            const watching = watchers.get(accountId) ?? new Set()
            const watcher = () => resume(Effect.void)
            watchers.set(accountId, watching.add(watcher))
            return Effect.sync(() => void watching.delete(watcher))
          })

        const chunks = makeWorker({
          runOnce,
          words: {
            failing: 'History cannot be stored; it waits in its queue',
            again: 'History is stored again'
          },
          onTrouble: (accountId, failing, error) =>
            incidents.report(storageTrouble(accountId, failing, error))
        })
        yield* queue.onAnnounce(chunks.wake)

        return History.of({
          chunks,
          progress: queue.progress,
          untilBusy: accountId =>
            Effect.flatMap(queue.nextDue(accountId), nextAt =>
              nextAt === undefined ? queue.arrival(accountId) : Effect.void
            ),
          untilDrained: accountId =>
            // Watch first, look second: a chunk that finishes in between is not missed.
            Effect.raceFirst(
              untilDrained(accountId),
              Effect.flatMap(queue.nextDue(accountId), nextAt =>
                nextAt === undefined ? Effect.void : Effect.never
              )
            )
        })
      })
    )
  }
}
