// A decoded history chunk to facts, conversation by conversation, so that a large chunk never becomes one large list.
import { type proto } from '@whiskeysockets/baileys'
import { isGroupJid, isThreadJid } from '../../../domain/jid.ts'
import type { ChatFact, Fact } from '../../../domain/fact.ts'
import { address, samePerson, type Self } from './address.ts'
import { factsOfStoredMessage } from './message.ts'
import { numberOf, secondsToMilliseconds } from './numbers.ts'

const present = (text: string | null | undefined): string | undefined =>
  text === null || text === '' ? undefined : text

/** Unread messages, as of the newest thing this chunk knows of: what came later must not be counted away by it. */
const unreadOf = (conversation: proto.IConversation): ChatFact['unread'] => {
  const count = numberOf(conversation.unreadCount)
  if (count === null) return undefined
  const times = (conversation.messages ?? []).map(({ message }) =>
    secondsToMilliseconds(message?.messageTimestamp)
  )
  const at = times.reduce(
    (latest, time) => Math.max(latest, time),
    secondsToMilliseconds(conversation.conversationTimestamp)
  )
  return { count, at }
}

/** Who is who and what people call themselves: first of all, so that conversations land in the right threads. */
export const peopleOfChunk = (chunk: proto.IHistorySync): ReadonlyArray<Fact> => [
  ...(chunk.phoneNumberToLidMappings ?? []).flatMap(pair => samePerson(pair.pnJid, pair.lidJid)),
  ...(chunk.conversations ?? []).flatMap(conversation => [
    ...samePerson(conversation.pnJid, conversation.id),
    ...samePerson(conversation.id, conversation.lidJid),
    ...samePerson(conversation.pnJid, conversation.lidJid)
  ]),
  ...(chunk.pushnames ?? []).flatMap((entry): ReadonlyArray<Fact> => {
    const person = address(entry.id)
    const pushName = present(entry.pushname)
    return person === undefined || pushName === undefined ? [] : [{ kind: 'contact', person, pushName }]
  })
]

/** A conversation's metadata and messages. */
export const factsOfConversation = (self: Self, conversation: proto.IConversation): ReadonlyArray<Fact> => {
  const chat = address(conversation.id, conversation.pnJid ?? conversation.lidJid)
  if (chat === undefined || !isThreadJid(chat.jid)) return []
  const name = present(conversation.name) ?? present(conversation.displayName)
  const about: Fact = {
    kind: 'chat',
    chat,
    name,
    unread: unreadOf(conversation),
    archived: conversation.archived ?? undefined,
    ephemeralSeconds: conversation.ephemeralExpiration ?? undefined
  }
  const contact: ReadonlyArray<Fact> =
    name === undefined || isGroupJid(chat.jid) ? [] : [{ kind: 'contact', person: chat, name }]
  // A chunk has a conversation's newest message first; stored oldest first, messages of one second keep their order.
  const messages = (conversation.messages ?? [])
    .toReversed()
    .flatMap(({ message }) => (message ? factsOfStoredMessage(self, message, chat) : []))
  return [about, ...contact, ...messages]
}
