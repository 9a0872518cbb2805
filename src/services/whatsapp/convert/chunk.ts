// A decoded history chunk to facts, conversation by conversation, so that a large chunk never becomes one large list.
import { type proto } from '@whiskeysockets/baileys'
import { chatJid, isGroupJid, isThreadJid } from '../../../domain/jid.ts'
import type { Fact } from '../../../domain/fact.ts'
import { address, factsOfStoredMessage, type Self } from './message.ts'

const present = (text: string | null | undefined): string | undefined =>
  text === null || text === '' ? undefined : text

const samePerson = (pn: string | null | undefined, lid: string | null | undefined): ReadonlyArray<Fact> => {
  const phoneJid = chatJid(pn)
  const lidJid = chatJid(lid)
  return phoneJid !== undefined &&
    lidJid !== undefined &&
    lidJid.endsWith('@lid') &&
    phoneJid.endsWith('@s.whatsapp.net')
    ? [{ kind: 'samePerson', phoneJid, lidJid }]
    : []
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
    unreadCount: conversation.unreadCount ?? undefined,
    archived: conversation.archived ?? undefined
  }
  const contact: ReadonlyArray<Fact> =
    name === undefined || isGroupJid(chat.jid) ? [] : [{ kind: 'contact', person: chat, name }]
  // A chunk has a conversation's newest message first; stored oldest first, messages of one second keep their order.
  const messages = (conversation.messages ?? [])
    .toReversed()
    .flatMap(({ message }) => (message ? factsOfStoredMessage(self, message, chat) : []))
  return [about, ...contact, ...messages]
}
