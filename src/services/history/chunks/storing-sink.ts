// Stores the history that was read, with how far it reaches.
import { Effect, Layer } from 'effect'
import type { Fact } from '../../../domain/fact.ts'
import { hasHistoryOnRequest } from '../../../domain/jid.ts'
import { Conversations } from '../../conversations/apply.ts'
import type { ChunkContents, ReadConversation } from '../../whatsapp/chunk/reader.ts'
import { BackfillRequests } from '../backfill/requests.ts'
import { Coverage } from '../coverage/coverage.ts'
import { DryRun } from '../dry-run/dry-run.ts'
import { type Chunk, ChunkQueue, ON_DEMAND, SHARED } from './queue.ts'
import { HistorySink, NOTHING_OLDER, type Rest } from './sink.ts'

/**
 * Facts of one transaction. Everybody waits for its end, some twenty milliseconds; and the fixed cost of a statement is paid once for
 * all of them.
 */
const FACTS_AT_ONCE = 500

export const layer: Layer.Layer<
  HistorySink,
  never,
  BackfillRequests | ChunkQueue | Conversations | Coverage | DryRun
> = Layer.effect(
  HistorySink,
  Effect.gen(function* () {
    const queue = yield* ChunkQueue
    const requests = yield* BackfillRequests
    const conversations = yield* Conversations
    const coverage = yield* Coverage
    yield* endDryRun
    return HistorySink.of({
      takeAhead: (accountId, chunk, asOf) => storeAhead(conversations, accountId, chunk, asOf),
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

/** The last part is left for the transaction that completes the chunk: when all is there, it is known what it covers. */
const storeAhead = Effect.fnUntraced(function* (
  conversations: Conversations['Service'],
  accountId: string,
  { conversations: read, people }: Pick<ChunkContents, 'conversations' | 'people'>,
  asOf: number
) {
  const facts = read.flatMap(conversation => [...conversation.facts])
  if (facts.length <= FACTS_AT_ONCE) return { conversations: read, taken: 0 } satisfies Rest
  yield* conversations.apply(accountId, people)
  let stored = 0
  while (facts.length - stored > FACTS_AT_ONCE) {
    yield* conversations.apply(accountId, facts.slice(stored, stored + FACTS_AT_ONCE), { asOf })
    stored += FACTS_AT_ONCE
    // Others have their turn.
    yield* Effect.yieldNow
  }
  return {
    conversations: withoutFirst(read, stored),
    taken: messagesIn(facts.slice(0, stored))
  } satisfies Rest
})

const messagesIn = (facts: ReadonlyArray<Fact>): number =>
  facts.filter(({ kind }) => kind === 'message').length

/** The same conversations without so many of their facts. */
const withoutFirst = (
  read: ReadonlyArray<ReadConversation>,
  count: number
): ReadonlyArray<ReadConversation> => {
  let left = count
  return read.map(conversation => {
    const facts = [...conversation.facts]
    const rest = facts.slice(left)
    left = Math.max(0, left - facts.length)
    return { ...conversation, facts: rest }
  })
}

/** Answers how many messages are among the facts. */
const storeFacts = Effect.fnUntraced(function* (
  conversations: Conversations['Service'],
  accountId: string,
  read: ReadonlyArray<ReadConversation>,
  asOf: number
) {
  const facts = read.flatMap(conversation => [...conversation.facts])
  yield* conversations.apply(accountId, facts, { asOf })
  return messagesIn(facts)
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
    if (!hasHistoryOnRequest(chat.jid)) continue
    const threadId = yield* conversations.threadOf(accountId, chat)
    const stored = { threadId, oldest, newest, beginning }
    if (syncType === ON_DEMAND) yield* coverage.noteReach(accountId, stored)
    else if (syncType === SHARED) yield* coverage.noteShared(accountId, stored)
    else yield* coverage.noteStored(accountId, chunkId, stored)
  }
})
