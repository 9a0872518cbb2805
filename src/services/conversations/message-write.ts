// A message fact as it is stored, once it is known who everybody in it is. Pure: who resolves is the caller's business.
import type { Address, MessageFact, Party, QuotedFact } from '../../domain/fact.ts'
import { messageIdOf, parseThreadId, type SenderKey, threadIdOf } from '../../domain/ids.ts'
import { namesWriters } from '../../domain/jid.ts'
import { beginningOf, boundedName, LONGEST } from '../../domain/lengths.ts'
import { bodyNaming, type Mention, peopleIn } from '../../domain/mention.ts'
import { clampTime, plausibleTime } from '../../domain/message.ts'
import { namedVote } from '../../domain/poll.ts'
import type { MessageWrite } from './writes.ts'

/** The first known address of the person to whom an address belongs. */
export type Resolve = (address: Address) => string

export const senderKey = (chat: Address, sender: string | null): SenderKey =>
  sender === null ? 'me' : namesWriters(chat.jid) ? sender : 'them'

const party = (who: Party, resolve: Resolve): string | null => (who === 'me' ? null : resolve(who))

/** `me` is nobody's address. */
const personNamed = (name: string, resolve: Resolve): string =>
  name === 'me' ? name : resolve({ jid: name })

const NONE: ReadonlyArray<never> = []

/** What each person did last. */
const newestOf = <Act extends { readonly at: number }>(
  acts: ReadonlyArray<Act>,
  personOf: (act: Act) => string
): ReadonlyArray<Act> => {
  const newest = new Map<string, Act>()
  for (const act of acts) {
    const earlier = newest.get(personOf(act))
    if (earlier === undefined || earlier.at <= act.at) newest.set(personOf(act), act)
  }
  return [...newest.values()]
}

export const mentionsOf = (mentions: ReadonlyArray<Address>, resolve: Resolve): ReadonlyArray<Mention> =>
  mentions.length === 0
    ? NONE
    : mentions.map(mentioned => ({ written: mentioned.jid, person: resolve(mentioned) }))

type QuoteWrite = Pick<
  MessageWrite,
  'quotedWhatsAppId' | 'quotedMessageId' | 'quotedThreadId' | 'quotedExcerpt'
>

const NO_QUOTE: QuoteWrite = {
  quotedWhatsAppId: null,
  quotedMessageId: null,
  quotedThreadId: null,
  quotedExcerpt: null
}

/** Which message is quoted, in the thread it is in. */
const quoteWrite = (
  threadId: string,
  answered: Address,
  { chat, excerpt = null, sender, whatsAppId }: QuotedFact,
  resolve: Resolve
): QuoteWrite => {
  const quoted = { quotedWhatsAppId: whatsAppId, quotedExcerpt: excerpt }
  const { accountId = '' } = parseThreadId(threadId) ?? {}
  const quotedThreadId = chat === undefined ? threadId : threadIdOf(accountId, resolve(chat))
  const writer = sender === undefined ? undefined : party(sender, resolve)
  return {
    ...quoted,
    quotedMessageId:
      writer === undefined ? null : messageIdOf(senderKey(chat ?? answered, writer), whatsAppId),
    quotedThreadId: quotedThreadId === threadId ? null : quotedThreadId
  }
}

/** The message that this one belongs to is the same writer's, unless said otherwise. */
const parentId = (
  { association, chat, parentSender }: MessageFact,
  sender: string | null,
  resolve: Resolve
): string | null => {
  if (association === null) return null
  const writer = parentSender === undefined ? sender : party(parentSender, resolve)
  return messageIdOf(senderKey(chat, writer), association.whatsAppId)
}

/** Histories are long: nothing is made here for the parts that a message does not have. */
export const messageWrite = (
  threadId: string,
  fact: MessageFact,
  now: number,
  resolve: Resolve
): MessageWrite => {
  const { event, eventResponses, poll, quoted, reactions, votes = NONE } = fact
  const mentions = mentionsOf(fact.mentions, resolve)
  const sender = party(fact.sender, resolve)
  const { tsClaimed, tsClient } = clampTime(fact.timestamp, now)
  const claimed = fact.tsClaimed ?? tsClaimed
  /** What others added to a message is dated by it when it claims to be from the far future. */
  const dated = (at: number): number => (plausibleTime(at, now) === at ? at : tsClient)
  const quote = quoted === null ? NO_QUOTE : quoteWrite(threadId, fact.chat, quoted, resolve)
  // Each field by its name: an object that is put together of others is several times as slow.
  return {
    threadId,
    messageId: messageIdOf(senderKey(fact.chat, sender), fact.whatsAppId),
    whatsAppId: fact.whatsAppId,
    direction: sender === null ? 'outbound' : 'inbound',
    sender,
    senderName: boundedName(fact.pushName ?? null),
    type: fact.type,
    body: bodyNaming(fact.body, mentions),
    media: fact.media,
    location: fact.location,
    contacts: fact.contacts,
    poll,
    call: fact.call,
    answer: fact.answer,
    event: event === null ? null : { ...event, people: event.people.map(resolve) },
    eventResponses:
      eventResponses.length === 0
        ? NONE
        : eventResponses.map(one => ({
            ...one,
            sender: personNamed(one.sender, resolve),
            at: dated(one.at)
          })),
    mentions: peopleIn(mentions),
    viewOnce: fact.viewOnce,
    forwarded: fact.forwarded,
    broadcast: fact.broadcast,
    quotedWhatsAppId: quote.quotedWhatsAppId,
    quotedMessageId: quote.quotedMessageId,
    quotedThreadId: quote.quotedThreadId,
    quotedExcerpt: quote.quotedExcerpt,
    album: fact.album,
    association: fact.association,
    parentMessageId: parentId(fact, sender, resolve),
    sharedBy:
      fact.sharedBy === null || fact.sharedBy === 'me' ? fact.sharedBy : resolve({ jid: fact.sharedBy }),
    shortened: fact.shortened,
    editedAt: fact.editedAt === undefined ? null : dated(fact.editedAt),
    reactions:
      reactions.length === 0
        ? NONE
        : newestOf(
            reactions.map(({ at, by, emoji }) => ({
              sender: party(by, resolve) ?? 'me',
              emoji: beginningOf(emoji, LONGEST.emoji),
              at: dated(at)
            })),
            ({ sender: who }) => who
          ),
    votes:
      votes.length === 0 || poll === null
        ? NONE
        : newestOf(
            votes.map(({ at, by, hashes }) =>
              namedVote(poll, { voter: party(by, resolve) ?? 'me', hashes, at: dated(at) })
            ),
            ({ voter }) => voter
          ),
    starred: fact.starred,
    status: fact.status,
    statusReason: fact.statusReason ?? null,
    tsClient,
    tsClaimed: claimed,
    raw: fact.raw,
    live: fact.live
  }
}
