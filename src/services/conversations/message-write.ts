// A message fact as it is stored, once it is known who everybody in it is. Pure: who resolves is the caller's business.
import type { Address, MessageFact, Party } from '../../domain/fact.ts'
import { messageIdOf, type SenderKey } from '../../domain/ids.ts'
import { isGroupJid } from '../../domain/jid.ts'
import { bodyNaming, type Mention, peopleIn } from '../../domain/mention.ts'
import { clampTime, type Poll } from '../../domain/message.ts'
import type { MessageWrite } from './writes.ts'

/** The first known address of the person to whom an address belongs. */
export type Resolve = (address: Address) => string

export const senderKey = (chat: Address, sender: string | null): SenderKey =>
  sender === null ? 'me' : isGroupJid(chat.jid) ? sender : 'them'

const party = (who: Party, resolve: Resolve): string | null => (who === 'me' ? null : resolve(who))

/** `me` is nobody's address. */
const personNamed = (name: string, resolve: Resolve): string =>
  name === 'me' ? name : resolve({ jid: name })

/** The voters that history names. */
const resolvedPoll = (poll: Poll, resolve: Resolve): Poll => ({
  ...poll,
  options: poll.options.map(option => ({
    ...option,
    voters: option.voters.map(voter => personNamed(voter, resolve))
  }))
})

const NONE: ReadonlyArray<never> = []

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
  const { event, eventResponses, poll, quoted, reactions } = fact
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
    poll: poll === null ? null : resolvedPoll(poll, resolve),
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
    reactions:
      reactions.length === 0
        ? NONE
        : reactions
            .map(({ at, by, emoji }) => ({ sender: party(by, resolve) ?? 'me', emoji, at }))
            .filter(({ emoji }) => emoji !== ''),
    status: fact.status,
    statusReason: fact.statusReason ?? null,
    tsClient,
    tsClaimed,
    raw: fact.raw,
    live: fact.live
  }
}
