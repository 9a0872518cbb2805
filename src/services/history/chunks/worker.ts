// Works off the chunk queue: fetch, decode, store, one chunk at a time. A chunk is stored in one transaction with the
// mark that it is done, so a crash repeats it or has it whole. What cannot be had is retried, then becomes an incident.
import { Clock, Context, Effect, Layer } from 'effect'
import { ownAddresses } from '../../../domain/account.ts'
import type { Fact } from '../../../domain/fact.ts'
import { Incidents } from '../../incidents/incidents.ts'
import { storageTrouble } from '../../incidents/storage-trouble.ts'
import { Conversations } from '../../conversations/apply.ts'
import type { DatabaseError } from '../../database/error.ts'
import { Store } from '../../conversations/store.ts'
import { samePerson } from '../../whatsapp/convert/address.ts'
import type { ChunkError } from '../../whatsapp/chunk/errors.ts'
import {
  type ChunkContents,
  ChunkReader,
  type ReadConversation,
  requestIdOf
} from '../../whatsapp/chunk/reader.ts'
import { WhatsApp } from '../../whatsapp/whatsapp.ts'
import { LiveTraffic } from '../../journal/traffic.ts'
import { type Topic, topic, Wakes } from '../../process/wakes.ts'
import { makeWorker, type Worker } from '../../process/worker.ts'
import { BackfillJobs } from '../backfill/jobs.ts'
import { type Chunk as QueuedChunk, ChunkQueue, HISTORY_CHUNKS, ON_DEMAND } from './queue.ts'
import { Coverage } from '../coverage/coverage.ts'
import { makePace, type SyncProgress } from './pace.ts'
import { makeReadAhead } from './read-ahead.ts'
import { Rehearsal } from '../dry-run/dry-run.ts'

/** A media server that is away for a quarter of an hour loses no chunk; a broken chunk does not get better by asking. */
const MAX_ATTEMPTS = { ChunkUnavailable: 10, ChunkCorrupt: 4 }
const ASK_PHONE_AFTER = 2
/** How often the phone makes one chunk for us before it is given up. */
const MOST_EDITIONS = 3
const FIRST_RETRY_MS = 2000
const LONGEST_RETRY_MS = 300_000

/** Read chunks are large: however many accounts sync at once, this many are in memory. */
const CHUNKS_IN_MEMORY = 2

/** What a statement costs beside its rows is paid once for all of these. */
const FACTS_AT_ONCE = 20_000

/** No announced chunk of an account is left to be stored. */
const HISTORY_DRAINED = topic('history drained')

export class History extends Context.Service<
  History,
  {
    readonly chunks: Worker<DatabaseError, never>
    readonly progress: (accountId: string) => Effect.Effect<SyncProgress, DatabaseError>
    /** Accounts whose history is coming in. */
    readonly busy: Effect.Effect<ReadonlyArray<string>>
    /** Completes once an announced chunk waits to be stored. */
    readonly untilBusy: (accountId: string) => Effect.Effect<void, DatabaseError>
    /** Completes once no announced chunk is left to be stored. */
    readonly untilDrained: (accountId: string) => Effect.Effect<void, DatabaseError>
  }
>()('backscroll/services/history/History') {
  static layer(options: {
    /** Reads and counts history, and stores none of it. */
    readonly dryRun: boolean
  }): Layer.Layer<
    History,
    never,
    | BackfillJobs
    | ChunkQueue
    | ChunkReader
    | Coverage
    | Conversations
    | Store
    | Incidents
    | LiveTraffic
    | Rehearsal
    | Wakes
    | WhatsApp
  > {
    return Layer.effect(
      History,
      Effect.gen(function* () {
        const queue = yield* ChunkQueue
        const reader = yield* ChunkReader
        const jobs = yield* BackfillJobs
        const coverage = yield* Coverage
        const rehearsal = yield* Rehearsal
        const applied = yield* Conversations
        const store = yield* Store
        const incidents = yield* Incidents
        const whatsapp = yield* WhatsApp
        const ahead = makeReadAhead<ChunkContents, ChunkError>(CHUNKS_IN_MEMORY, yield* Effect.scope)
        const wakes = yield* Wakes
        const traffic = yield* LiveTraffic
        const pace = makePace()

        const progress = Effect.fnUntraced(function* (accountId: string) {
          const counted = yield* queue.progress(accountId)
          return { ...counted, ...pace.of(accountId, counted, yield* Clock.currentTimeMillis) }
        })

        /** The request that the chunk answers, with its conversation; under whatever address the phone answered. */
        const answerIn = Effect.fnUntraced(function* (
          accountId: string,
          notification: Uint8Array,
          conversations: ReadonlyArray<ReadConversation>
        ) {
          const threadIds = yield* Effect.forEach(conversations, ({ chat }) =>
            applied.threadOf(accountId, chat)
          )
          const request = yield* jobs.requestOf(accountId, requestIdOf(notification), threadIds)
          if (request === undefined) return undefined
          const at = threadIds.indexOf(request.threadId)
          const conversation = conversations[at === -1 ? 0 : at]
          if (at === -1 && conversation !== undefined) {
            // The same chat under an address that was not known to be its.
            const [one] = samePerson(request.chatJid, conversation.chat.jid)
            if (one !== undefined) yield* keep(accountId, [one])
          }
          return { request, conversation }
        })

        /** Stores facts; in a dry run only what tells who is who, without which nothing can be counted. */
        const keep = (accountId: string, facts: ReadonlyArray<Fact>) =>
          applied.apply(accountId, options.dryRun ? facts.filter(fact => fact.kind === 'samePerson') : facts)

        const countConversation = Effect.fnUntraced(function* (
          accountId: string,
          { beginning, chat, newest, oldest, ...conversation }: ReadConversation
        ) {
          const facts = [...conversation.facts]
          const { messageIds, threadId } = yield* applied.identify(accountId, chat, facts)
          const name = facts.find(fact => fact.kind === 'chat')?.name
          return yield* rehearsal.note(accountId, { threadId, name, messageIds, oldest, newest, beginning })
        })

        const keepConversations = Effect.fnUntraced(function* (
          accountId: string,
          queued: QueuedChunk,
          conversations: ReadonlyArray<ReadConversation>
        ) {
          if (options.dryRun) {
            const counts = yield* Effect.forEach(conversations, conversation =>
              countConversation(accountId, conversation)
            )
            return counts.reduce((sum, count) => sum + count, 0)
          }
          let messages = 0
          let batch: Array<Fact> = []
          for (const { facts } of conversations) {
            for (const fact of facts) {
              batch.push(fact)
              if (fact.kind === 'message') messages += 1
              if (batch.length < FACTS_AT_ONCE) continue
              yield* applied.apply(accountId, batch)
              batch = []
            }
          }
          yield* applied.apply(accountId, batch)
          for (const { beginning, chat, newest, oldest } of conversations) {
            const threadId = yield* applied.threadOf(accountId, chat)
            const stored = { threadId, oldest, newest, beginning }
            yield* queued.syncType === ON_DEMAND
              ? coverage.noteReach(accountId, stored)
              : coverage.noteStored(accountId, queued.chunkId, stored)
          }
          return messages
        })

        /** An answer without any conversation: there is nothing older. */
        const noteNothing = (accountId: string, threadId: string) => {
          const nothing = { threadId, oldest: undefined, newest: undefined, beginning: 'reached' } as const
          return options.dryRun
            ? Effect.asVoid(rehearsal.note(accountId, { ...nothing, name: undefined, messageIds: [] }))
            : coverage.noteReach(accountId, nothing)
        }

        const storeAnswer = Effect.fnUntraced(function* (
          accountId: string,
          queued: QueuedChunk,
          conversations: ReadonlyArray<ReadConversation>
        ) {
          const answer = yield* answerIn(accountId, queued.notification, conversations)
          // What the dry run asked for lies behind what it has not stored: kept now, it would hide that as a hole.
          const isStray = answer !== undefined && !options.dryRun && (yield* jobs.isOfOthers(answer.request))
          const messages = isStray
            ? 0
            : yield* keepConversations(
                accountId,
                queued,
                conversations.map(conversation => ({
                  ...conversation,
                  // Without anything older, the phone has nothing older, unless it says that it has.
                  beginning: conversation.beginning ?? (conversation.received === 0 ? 'reached' : undefined)
                }))
              )
          if (answer === undefined) return messages
          const { conversation, request } = answer
          if (conversation === undefined && !isStray) yield* noteNothing(accountId, request.threadId)
          yield* jobs.answered(accountId, request, {
            received: conversation?.received ?? 0,
            oldest: conversation?.oldest,
            beginning: conversation?.beginning ?? (conversation?.received ? undefined : 'reached'),
            ids: new Set(
              [...(conversation?.facts ?? [])].flatMap(fact =>
                fact.kind === 'message' ? fact.whatsAppId : []
              )
            )
          })
          return messages
        })

        const storeChunk = Effect.fnUntraced(function* (
          accountId: string,
          queued: QueuedChunk,
          chunk: ChunkContents
        ) {
          yield* keep(accountId, chunk.people)
          const messages = yield* (queued.syncType === ON_DEMAND ? storeAnswer : keepConversations)(
            accountId,
            queued,
            chunk.conversations
          )
          if (queued.syncType !== ON_DEMAND && !options.dryRun)
            yield* coverage.noteChunk(accountId, queued.syncType, queued.chunkOrder)
          yield* options.dryRun
            ? queue.rehearsed(queued.chunkId, messages)
            : queue.done(queued.chunkId, messages)
          return messages
        }, store.atomically)

        const giveUp = Effect.fnUntraced(function* (
          accountId: string,
          chunk: QueuedChunk,
          reason: string,
          attempts: number
        ) {
          if (!(yield* queue.giveUp(chunk.chunkId, reason))) return
          if (chunk.syncType === ON_DEMAND) {
            const request = yield* jobs.requestOf(accountId, requestIdOf(chunk.notification), [])
            if (request !== undefined)
              yield* jobs.refused(accountId, request, `The answer could not be read: ${reason}`)
            return
          }
          yield* coverage.noteLost(accountId)
          yield* incidents.report({
            accountId,
            kind: 'history.chunkLost',
            severity: 'error',
            subject: String(chunk.chunkId),
            happened: `A history chunk could not be read: ${reason}`,
            did: `Asked the phone to make it again and gave up after ${attempts} attempts. What can be told to be missing is a gap of its threads and is asked for`,
            advice:
              'Open WhatsApp on the phone. If messages stay missing, link the account again to have the phone send its history anew'
          })
        }, store.atomically)

        const setback = Effect.fnUntraced(function* (
          accountId: string,
          chunk: QueuedChunk,
          { _tag: kind, reason }: ChunkError
        ) {
          const attempt = chunk.attempts + 1
          // A chunk does not get better by fetching it again: the phone makes it anew, under another name.
          if (attempt === ASK_PHONE_AFTER && chunk.editions < MOST_EDITIONS && chunk.syncType !== ON_DEMAND) {
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
          yield* giveUp(accountId, chunk, reason, attempt)
          yield* jobs.wake(accountId)
        })

        const storeRead = Effect.fnUntraced(function* (
          accountId: string,
          chunk: QueuedChunk,
          now: number,
          contents: ChunkContents
        ) {
          const conversations = yield* Effect.forEach(contents.conversations, unpacked)
          yield* traffic.quiet
          const messages = yield* storeChunk(accountId, chunk, { ...contents, conversations })
          pace.note(accountId, messages, now)
          yield* whatsapp.storeLidMappings(accountId, contents.people)
          yield* jobs.heard(accountId)
          const { chunksPending, messagesPerSecond, percent, secondsLeft } = yield* progress(accountId)
          // One page of a backfill is no news.
          yield* (chunk.syncType === ON_DEMAND ? Effect.logDebug : Effect.logInfo)(
            options.dryRun
              ? 'A history chunk was read; the dry run stores nothing'
              : 'A history chunk is stored'
          ).pipe(
            Effect.annotateLogs({
              accountId,
              messages,
              syncType: chunk.syncType,
              chunksPending,
              percent: percent ?? 0,
              messagesPerSecond,
              ...(secondsLeft === null ? {} : { secondsLeft })
            })
          )
        })

        const runOnce = Effect.fn('History.runOnce')(function* (accountId: string) {
          const now = yield* Clock.currentTimeMillis
          const chunk = yield* queue.due(accountId, now)
          if (chunk === undefined) {
            // What was read ahead may have been replaced meanwhile: it must not keep its room.
            yield* ahead.drop(accountId)
            const nextAt = yield* queue.nextDue(accountId)
            if (nextAt === undefined) yield* wakes.wake(HISTORY_DRAINED, accountId)
            return nextAt === undefined ? ('idle' as const) : { nextAt }
          }
          const self = ownAddresses(yield* store.readAccount(accountId))
          const reading = ({ notification }: QueuedChunk) => reader.read(self, notification)
          yield* ahead.use(accountId, chunk.chunkId, reading(chunk), read =>
            Effect.gen(function* () {
              const contents = yield* read
              const next = yield* queue.due(accountId, now, chunk.chunkId)
              if (next !== undefined) yield* ahead.begin(accountId, next.chunkId, reading(next))
              yield* storeRead(accountId, chunk, now, contents)
            }).pipe(
              Effect.catchTag(['ChunkUnavailable', 'ChunkCorrupt'], failure =>
                setback(accountId, chunk, failure)
              )
            )
          )
          return 'more' as const
        })

        /** Completes once chunks wait (`some`) or none waits any more; looks again at each wake of the topic. */
        const untilWaiting = Effect.fnUntraced(function* (accountId: string, some: boolean, of: Topic) {
          const waiter = yield* wakes.waiter(of, accountId)
          while (true) {
            yield* waiter.reset
            if (((yield* queue.nextDue(accountId)) !== undefined) === some) return
            yield* waiter.await
          }
        }, Effect.scoped)

        const chunks = yield* makeWorker({
          topic: HISTORY_CHUNKS,
          runOnce,
          words: {
            failing: 'History cannot be stored; it waits in its queue',
            again: 'History is stored again'
          },
          onTrouble: (accountId, failing, error) =>
            incidents.report(storageTrouble(accountId, failing, error))
        })
        // What an earlier dry run only counted is stored once the dry run is over.
        if (!options.dryRun) yield* Effect.andThen(queue.storeRehearsed, rehearsal.clear).pipe(Effect.orDie)

        return History.of({
          chunks: {
            ...chunks,
            loop: accountId => Effect.ensuring(chunks.loop(accountId), ahead.drop(accountId))
          },
          progress,
          busy: Effect.map(Clock.currentTimeMillis, now => pace.busy(now)),
          untilBusy: accountId => untilWaiting(accountId, true, HISTORY_CHUNKS),
          untilDrained: accountId => untilWaiting(accountId, false, HISTORY_DRAINED)
        })
      })
    )
  }
}

/** With its facts at hand: the transaction that stores them keeps live messages waiting and should be short. */
const unpacked = (conversation: ReadConversation) =>
  Effect.as(Effect.yieldNow, { ...conversation, facts: [...conversation.facts] })
