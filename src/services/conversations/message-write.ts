// A message fact as it is stored, once it is known who everybody in it is. Pure: who resolves is the caller's business.
import type { Address, MessageFact, Party } from '../../domain/fact.ts'
import { messageIdOf, type SenderKey } from '../../domain/ids.ts'
import { isGroupJid } from '../../domain/jid.ts'
import { bodyNaming, type Mention, peopleIn } from '../../domain/mention.ts'
import { clampTime } from '../../domain/message.ts'
import { namedVote } from '../../domain/poll.ts'
import type { MessageWrite } from './writes.ts'

/** The first known address of the person to whom an address belongs. */
export type Resolve = (address: Address) => string

export const senderKey = (chat: Address, sender: string | null): SenderKey =>
  sender === null ? 'me' : isGroupJid(chat.jid) ? sender : 'them'

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
  const quotedSender = quoted?.sender === undefined ? undefined : party(quoted.sender, resolve)
  const { tsClaimed, tsClient } = clampTime(fact.timestamp, now)
  return {
    threadId,
    messageId: messageIdOf(senderKey(fact.chat, sender), fact.whatsAppId),
    whatsAppId: fact.whatsAppId,
    direction: sender === null ? 'outbound' : 'inbound',
    sender,
    senderName: fact.pushName ?? null,
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
        : eventResponses.map(one => ({ ...one, sender: personNamed(one.sender, resolve) })),
    mentions: peopleIn(mentions),
    viewOnce: fact.viewOnce,
    broadcast: fact.broadcast,
    quotedWhatsAppId: quoted === null ? null : quoted.whatsAppId,
    quotedMessageId:
      quoted === null || quotedSender === undefined
        ? null
        : messageIdOf(senderKey(fact.chat, quotedSender), quoted.whatsAppId),
    editedAt: fact.editedAt ?? null,
    reactions:
      reactions.length === 0
        ? NONE
        : newestOf(
            reactions.map(({ at, by, emoji }) => ({ sender: party(by, resolve) ?? 'me', emoji, at })),
            ({ sender: who }) => who
          ),
    votes:
      votes.length === 0 || poll === null
        ? NONE
        : newestOf(
            votes.map(({ at, by, hashes }) =>
              namedVote(poll, { voter: party(by, resolve) ?? 'me', hashes, at })
            ),
            ({ voter }) => voter
          ),
    starred: fact.starred,
    status: fact.status,
    statusReason: fact.statusReason ?? null,
    tsClient,
    tsClaimed,
    raw: fact.raw,
    live: fact.live
  }
}
