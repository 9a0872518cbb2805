// Chunks that answer a request of ours: one page of one conversation.
import { Effect } from 'effect'
import type { Fact } from '../../../domain/fact.ts'
import { Conversations } from '../../conversations/apply.ts'
import { type ReadConversation, requestIdOf } from '../../whatsapp/chunk/reader.ts'
import { samePerson, UNDATED } from '../../whatsapp/convert/address.ts'
import type { PageAnswer } from '../backfill/answers.ts'
import { BackfillRequests } from '../backfill/requests.ts'
import type { PageRequest } from '../backfill/rows.ts'
import type { Chunk } from './queue.ts'
import { HistorySink } from './sink.ts'
import { upTo } from './up-to.ts'

/** Takes the conversations of the chunk and settles the request it answers; answers how many messages were taken. */
export const takeAnswer = Effect.fnUntraced(function* (
  accountId: string,
  chunk: Chunk,
  conversations: ReadonlyArray<ReadConversation>
) {
  const requests = yield* BackfillRequests
  const sink = yield* HistorySink
  const { threadOf } = yield* Conversations
  const threadIds = yield* Effect.forEach(conversations, ({ chat }) => threadOf(accountId, chat))
  const request = yield* requests.requestOf(accountId, requestIdOf(chunk.notification), threadIds)
  if (request === undefined)
    return yield* sink.takeConversations(accountId, chunk, conversations.map(withBeginning), chunk.linkedAt)
  const at = threadIds.indexOf(request.threadId)
  const conversation = conversations[at === -1 ? 0 : at]
  if (at === -1 && conversation !== undefined) yield* learnAddress(accountId, request, conversation)
  const taken = conversations.map(one => upTo(request.until, withBeginning(one)))
  const messages = (yield* sink.isWanted(request)) ? yield* takePage(accountId, chunk, request, taken) : 0
  yield* requests.answered(accountId, request, answerIn(conversation, taken[at === -1 ? 0 : at]))
  return messages
})

/** The phone answered under an address that was not known to be one of the chat. */
const learnAddress = Effect.fnUntraced(function* (
  accountId: string,
  { chatJid }: PageRequest,
  { chat }: ReadConversation
) {
  const sink = yield* HistorySink
  const [fact] = samePerson(chatJid, chat.jid, UNDATED)
  if (fact !== undefined) yield* sink.takePeople(accountId, [fact])
})

const takePage = Effect.fnUntraced(function* (
  accountId: string,
  chunk: Chunk,
  { askedAt, threadId }: PageRequest,
  conversations: ReadonlyArray<ReadConversation>
) {
  const sink = yield* HistorySink
  const messages = yield* sink.takeConversations(accountId, chunk, conversations, askedAt)
  if (conversations.length === 0) yield* sink.takeBeginning(accountId, threadId)
  return messages
})

/** A page without messages means that the phone has nothing older, unless it says that it has. */
const withBeginning = (conversation: ReadConversation): ReadConversation => ({
  ...conversation,
  beginning: beginningOf(conversation)
})

const beginningOf = ({ beginning, received }: ReadConversation): PageAnswer['beginning'] =>
  beginning ?? (received === 0 ? 'reached' : undefined)

const NOTHING: PageAnswer = {
  received: 0,
  oldest: undefined,
  oldestTaken: undefined,
  beginning: 'reached',
  ids: new Set()
}

/** What the page of a conversation brought, and what of it was taken. */
const answerIn = (
  conversation: ReadConversation | undefined,
  taken: ReadConversation | undefined
): PageAnswer =>
  conversation === undefined
    ? NOTHING
    : {
        received: conversation.received,
        oldest: conversation.oldest,
        oldestTaken: taken?.oldest,
        beginning: beginningOf(conversation),
        ids: new Set([...conversation.facts].flatMap(idOf))
      }

const idOf = (fact: Fact): ReadonlyArray<string> => (fact.kind === 'message' ? [fact.whatsAppId] : [])
