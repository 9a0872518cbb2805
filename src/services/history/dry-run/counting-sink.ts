// Counts the history that was read and stores none of it. Only which addresses are the same person is stored: without
// that, threads cannot be told apart.
import { Effect, Layer } from 'effect'
import { Conversations } from '../../conversations/apply.ts'
import type { ReadConversation } from '../../whatsapp/chunk/reader.ts'
import { ChunkQueue } from '../chunks/queue.ts'
import { HistorySink, NOTHING_OLDER } from '../chunks/sink.ts'
import { DryRun } from './dry-run.ts'

export const layer: Layer.Layer<HistorySink, never, ChunkQueue | Conversations | DryRun> = Layer.effect(
  HistorySink,
  Effect.gen(function* () {
    const queue = yield* ChunkQueue
    const conversations = yield* Conversations
    const dryRun = yield* DryRun
    return HistorySink.of({
      prepare: Effect.void,
      takeAhead: (_, __, contents) => Effect.succeed({ ...contents, taken: 0 }),
      takePeople: (accountId, facts) =>
        conversations.apply(
          accountId,
          facts.filter(fact => fact.kind === 'samePerson')
        ),
      takeConversations: (accountId, _, read) =>
        Effect.map(
          Effect.forEach(read, conversation =>
            countConversation({ conversations, dryRun }, accountId, conversation)
          ),
          counts => counts.reduce((sum, count) => sum + count, 0)
        ),
      takeBeginning: (accountId, threadId) =>
        Effect.asVoid(
          dryRun.count(accountId, { ...NOTHING_OLDER, threadId, name: undefined, messageIds: [] })
        ),
      // Counting does no harm, whoever asked.
      isWanted: () => Effect.succeed(true),
      finish: (_, chunk, messages) => queue.counted(chunk.chunkId, messages),
      finishedMessage: 'A history chunk was read; the dry run stores nothing'
    })
  })
)

/** Answers how many messages were not counted before. */
const countConversation = Effect.fnUntraced(function* (
  {
    conversations,
    dryRun
  }: { readonly conversations: Conversations['Service']; readonly dryRun: DryRun['Service'] },
  accountId: string,
  { beginning, chat, newest, oldest, ...conversation }: ReadConversation
) {
  const facts = [...conversation.facts]
  const { messageIds, threadId } = yield* conversations.identify(accountId, chat, facts)
  // The name of a group is the chat's, that of a person the contact's.
  const [name] = facts.flatMap(fact =>
    fact.kind === 'chat' || fact.kind === 'contact' ? (fact.name ?? []) : []
  )
  return yield* dryRun.count(accountId, {
    threadId,
    name,
    messageIds,
    oldest,
    newest,
    beginning: beginning === 'noAccess' ? 'more' : beginning
  })
})
