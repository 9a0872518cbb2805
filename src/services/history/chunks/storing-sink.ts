// Stores the history that was read, with how far it reaches.
import { Effect, Layer } from 'effect'
import type { Fact } from '../../../domain/fact.ts'
import { hasHistoryOnRequest } from '../../../domain/jid.ts'
import { Conversations } from '../../conversations/apply.ts'
import type { ReadConversation } from '../../whatsapp/chunk/reader.ts'
import { BackfillRequests } from '../backfill/requests.ts'
import { Coverage } from '../coverage/coverage.ts'
import { DryRun } from '../dry-run/dry-run.ts'
import { type Chunk, ChunkQueue, ON_DEMAND, SHARED } from './queue.ts'
import { HistorySink, NOTHING_OLDER } from './sink.ts'

/** The fixed cost of a statement is paid once for this many facts. */
const FACTS_AT_ONCE = 20_000

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

/** Stores the facts in large batches; answers how many messages are among them. */
const storeFacts = Effect.fnUntraced(function* (
  conversations: Conversations['Service'],
  accountId: string,
  read: ReadonlyArray<ReadConversation>,
  asOf: number
) {
  let messages = 0
  let batch: Array<Fact> = []
  for (const { facts } of read) {
    for (const fact of facts) {
      batch.push(fact)
      if (fact.kind === 'message') messages += 1
      if (batch.length < FACTS_AT_ONCE) continue
      yield* conversations.apply(accountId, batch, { asOf })
      batch = []
    }
  }
  yield* conversations.apply(accountId, batch, { asOf })
  return messages
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
