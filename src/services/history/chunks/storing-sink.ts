// Stores the history that was read, with how far it reaches.
import { Effect, Layer } from 'effect'
import { hasHistoryOnRequest } from '../../../domain/jid.ts'
import { Conversations } from '../../conversations/apply.ts'
import type { ChunkContents, ReadConversation } from '../../whatsapp/chunk/reader.ts'
import { BackfillRequests } from '../backfill/requests.ts'
import { Transaction } from '../../database/transaction.ts'
import { countFacts, PackedFacts, packedPartsOf, packFacts } from '../../whatsapp/chunk/packed-facts.ts'
import { Coverage } from '../coverage/coverage.ts'
import { DryRun } from '../dry-run/dry-run.ts'
import { type Chunk, ChunkQueue, ON_DEMAND, SHARED } from './queue.ts'
import { HistorySink, NOTHING_OLDER, type Rest } from './sink.ts'
import { StoringThread } from './storing-thread.ts'

/** A chunk with so few is stored in one transaction. */
const FACTS_AT_ONCE = 100

/** Conversations whose coverage one transaction notes. */
const NOTED_AT_ONCE = 20

export const layer: Layer.Layer<
  HistorySink,
  never,
  BackfillRequests | ChunkQueue | Conversations | Coverage | DryRun | StoringThread | Transaction
> = Layer.effect(
  HistorySink,
  Effect.gen(function* () {
    const queue = yield* ChunkQueue
    const requests = yield* BackfillRequests
    const conversations = yield* Conversations
    const coverage = yield* Coverage
    const thread = yield* StoringThread
    const context = yield* Effect.context<Conversations | Coverage | StoringThread | Transaction>()
    const provided = Effect.provideContext(context)
    yield* endDryRun
    return HistorySink.of({
      prepare: thread.start,
      takeAhead: (accountId, chunk, contents, whenStored) =>
        provided(storeAhead(accountId, chunk, contents, whenStored)),
      takePeople: conversations.apply,
      takeConversations: Effect.fnUntraced(function* (accountId, chunk, read, asOf) {
        const messages = yield* storeFacts(conversations, accountId, read, asOf)
        yield* noteCoverage({ conversations, coverage }, accountId, chunk, read)
        return messages
      }),
      takeBeginning: (accountId, threadId) => coverage.noteReach(accountId, { ...NOTHING_OLDER, threadId }),
      // What a dry run asked for lies behind what it has not stored: stored now, it would hide that as a gap nobody knows of.
      isWanted: request => Effect.map(requests.isOfOtherKind(request), isOfOtherKind => !isOfOtherKind),
      finish: Effect.fnUntraced(function* (accountId, chunk, messages) {
        if (chunk.syncType !== ON_DEMAND && chunk.syncType !== SHARED)
          yield* coverage.noteChunk(accountId, chunk.syncType, chunk.chunkOrder)
        yield* queue.done(chunk.chunkId, messages)
      }),
      finishedMessage: 'A history chunk is stored'
    })
  })
)

/** Chunks that an earlier dry run only counted are to be stored now. */
const endDryRun = Effect.gen(function* () {
  const queue = yield* ChunkQueue
  const dryRun = yield* DryRun
  yield* queue.requeueCounted
  yield* dryRun.clear
}).pipe(Effect.orDie)

/**
 * The last part is left for the transaction that completes the chunk, and so is what most conversations cover: each transaction waits for
 * its turn, and the next chunk but one is not read before.
 */
const storeAhead = Effect.fnUntraced(function* (
  accountId: string,
  chunk: Chunk,
  { conversations: read, people }: ChunkContents,
  whenStored: Effect.Effect<void>
) {
  const none: Rest = { people, conversations: read, taken: 0 }
  if (read.reduce((sum, { facts }) => sum + countFacts(facts), 0) <= FACTS_AT_ONCE) return none
  const packed = read.map(({ facts }) => packedPartsOf(facts))
  const place = packed.findLastIndex(parts => parts.length > 0)
  const parts = packed.flat()
  const last = parts.at(-1)
  if (last === undefined) return none
  const thread = yield* StoringThread
  const ahead = [...packFacts(people), ...parts.slice(0, -1)]
  const taken = yield* thread.store(accountId, ahead, chunk.linkedAt)
  yield* whenStored
  const complete = read.filter((_, index) => index !== place).map(one => ({ ...one, facts: [] }))
  yield* noteInTurns(accountId, chunk, complete.slice(0, -NOTED_AT_ONCE))
  const unfinished = read.slice(place, place + 1).map(one => ({ ...one, facts: new PackedFacts([last]) }))
  return {
    people: [],
    conversations: [...complete.slice(-NOTED_AT_ONCE), ...unfinished],
    taken
  } satisfies Rest
})

/** Everybody waits for the end of a transaction. */
const noteInTurns = Effect.fnUntraced(function* (
  accountId: string,
  chunk: Chunk,
  read: ReadonlyArray<ReadConversation>
) {
  const services = { conversations: yield* Conversations, coverage: yield* Coverage }
  const transaction = yield* Transaction
  for (let from = 0; from < read.length; from += NOTED_AT_ONCE) {
    const some = read.slice(from, from + NOTED_AT_ONCE)
    yield* transaction.run(noteCoverage(services, accountId, chunk, some))
    yield* Effect.yieldNow
  }
})

/** Answers how many messages are among the facts. */
const storeFacts = Effect.fnUntraced(function* (
  conversations: Conversations['Service'],
  accountId: string,
  read: ReadonlyArray<ReadConversation>,
  asOf: number
) {
  const facts = read.flatMap(conversation => [...conversation.facts])
  yield* conversations.apply(accountId, facts, { asOf })
  return facts.filter(({ kind }) => kind === 'message').length
})

const noteCoverage = Effect.fnUntraced(function* (
  {
    conversations,
    coverage
  }: { readonly conversations: Conversations['Service']; readonly coverage: Coverage['Service'] },
  accountId: string,
  { chunkId, syncType }: Chunk,
  read: ReadonlyArray<ReadConversation>
) {
  for (const { beginning, chat, newest, oldest } of read) {
    if (!hasHistoryOnRequest(chat.jid) || (yield* conversations.isErased(accountId, chat))) continue
    const threadId = yield* conversations.threadOf(accountId, chat)
    const stored = { threadId, oldest, newest, beginning }
    if (syncType === ON_DEMAND) yield* coverage.noteReach(accountId, stored)
    else if (syncType === SHARED) yield* coverage.noteShared(accountId, stored)
    else yield* coverage.noteStored(accountId, chunkId, stored)
  }
})
