// A decoded history chunk to facts, conversation by conversation, so that what is converted need not stay in memory.
import { proto } from '@whiskeysockets/baileys/WAProto/index.js'
import { isGroupJid, isPersonJid, isThreadJid, STATUS_JID } from '../../../domain/jid.ts'
import { isWritten } from '../../../domain/message.ts'
import type { Address, ChatFact, Fact, PastParticipantsFact } from '../../../domain/fact.ts'
import { bytesField, splitField, varintField } from '../../../domain/protobuf.ts'
import { address, samePerson, type Self, UNDATED } from './address.ts'
import { factsOfLoggedCall } from './call-log.ts'
import { settingsOf } from './chat-settings.ts'
import { factsOfStoredMessage } from './stored-message.ts'
import { numberOf, secondsToMilliseconds } from './numbers.ts'

const present = (text: string | null | undefined): string | undefined =>
  text === null || text === '' ? undefined : text

/** What a phone has encoded cannot be decoded. */
export class Undecodable extends Error {}

const decodedBy = <A>(decode: (bytes: Uint8Array) => A, bytes: Uint8Array): A => {
  try {
    return decode(bytes)
  } catch (cause) {
    throw new Undecodable(cause instanceof Error ? cause.message : 'unknown', { cause })
  }
}

const split = (bytes: Uint8Array, field: number) => {
  const parts = splitField(bytes, field)
  if (parts === undefined) throw new Undecodable('it is no protobuf message')
  return parts
}

/** A conversation as the phone encoded it: a message is decoded when it is its turn, or all of a chunk would be in memory at once. */
interface EncodedConversation {
  readonly about: proto.IConversation
  /** Each a `WebMessageInfo`; the newest first. */
  readonly messages: ReadonlyArray<Uint8Array>
}

/** The fields of a chunk with its conversations, of a conversation with its messages, and of each of these with the message. */
const CONVERSATIONS = 2
const MESSAGES = 2
const MESSAGE = 1

/** Throws `Undecodable`. */
export const openedConversation = (encoded: Uint8Array): EncodedConversation => {
  const { rest, values } = split(encoded, MESSAGES)
  return {
    about: decodedBy(bytes => proto.Conversation.decode(bytes), rest),
    messages: values.flatMap(entry => bytesField(entry, MESSAGE) ?? [])
  }
}

/** A chunk: everything but its messages is decoded. */
export interface OpenedChunk {
  /** With its conversations, without their messages. */
  readonly chunk: proto.IHistorySync
  /** As the phone encoded it, without the conversations. */
  readonly encoded: Uint8Array
  readonly conversations: ReadonlyArray<EncodedConversation>
}

/** Throws `Undecodable`. */
export const openedChunk = (inflated: Uint8Array): OpenedChunk => {
  const { rest, values } = split(inflated, CONVERSATIONS)
  const conversations = values.map(openedConversation)
  const chunk = decodedBy(bytes => proto.HistorySync.decode(bytes), rest)
  chunk.conversations = conversations.map(({ about }) => about)
  return { chunk, encoded: rest, conversations }
}

/** The fields of a `WebMessageInfo`. */
const INFO = { key: 1, messageTimestamp: 3 } as const

const timeOf = (message: Uint8Array): number =>
  secondsToMilliseconds(varintField(message, INFO.messageTimestamp))

const { LEFT } = proto.PastParticipant.LeaveReason

const pastParticipants = ({
  groupJid,
  pastParticipants: people
}: proto.IPastParticipants): ReadonlyArray<PastParticipantsFact> => {
  const chat = address(groupJid)
  if (chat === undefined || !isGroupJid(chat.jid)) return []
  const known = (people ?? []).flatMap(({ leaveReason, leaveTs, userJid }) => {
    const person = address(userJid)
    const reason = (leaveReason ?? LEFT) === LEFT ? ('left' as const) : ('removed' as const)
    return person === undefined ? [] : [{ person, reason, at: secondsToMilliseconds(leaveTs) || null }]
  })
  return known.length === 0 ? [] : [{ kind: 'pastParticipants', chat, people: known }]
}

/**
 * Pairs of addresses and names, which must be known before the conversations to find the right threads; and who has left which
 * group. `at` is when the phone announced the chunk, milliseconds since 1970: its list of numbers is as of then. What a
 * conversation says of its own addresses may be as old as the conversation.
 */
export const peopleOfChunk = (chunk: proto.IHistorySync, at: number): ReadonlyArray<Fact> => [
  ...(chunk.phoneNumberToLidMappings ?? []).flatMap(pair => samePerson(pair.pnJid, pair.lidJid, at)),
  ...(chunk.conversations ?? []).flatMap(conversation => [
    ...samePerson(conversation.pnJid, conversation.id, UNDATED),
    ...samePerson(conversation.id, conversation.lidJid, UNDATED),
    ...samePerson(conversation.pnJid, conversation.lidJid, UNDATED)
  ]),
  ...(chunk.pushnames ?? []).flatMap((entry): ReadonlyArray<Fact> => {
    const person = address(entry.id)
    const pushName = present(entry.pushname)
    return person === undefined || pushName === undefined ? [] : [{ kind: 'contact', person, pushName }]
  }),
  ...(chunk.pastParticipants ?? []).flatMap(pastParticipants)
]

/** The calls in the phone's log. */
export const callsOfChunk = (self: Self, { callLogRecords }: proto.IHistorySync): ReadonlyArray<Fact> =>
  (callLogRecords ?? []).flatMap(record => factsOfLoggedCall(self, { record, live: false }))

/** A message of the phone as a later request can name it. */
export interface RawMessage {
  readonly whatsAppId: string
  readonly fromMe: boolean
  /** Milliseconds since 1970. */
  readonly at: number
}

/** A conversation of a chunk. */
export interface DecodedConversation {
  readonly chat: Address
  /** To be iterated once: its messages are decoded and converted while they are. That may throw `Undecodable`. */
  readonly facts: Iterable<Fact>
  /** Messages the phone sent, also those that are not stored. */
  readonly received: number
  readonly oldest: RawMessage | undefined
  readonly newest: RawMessage | undefined
  /**
   * What the phone says about the beginning of the chat: it has more, it has nothing older, or it gives this device nothing
   * older; `undefined` when it says nothing (yet).
   */
  readonly beginning: 'more' | 'reached' | 'noAccess' | undefined
}

const { EndOfHistoryTransferType } = proto.Conversation
const NO_ACCESS = 3

const beginningOf = ({
  endOfHistoryTransfer,
  endOfHistoryTransferType
}: proto.IConversation): DecodedConversation['beginning'] => {
  // Protobuf does not distinguish a type of 0 from none: it counts only together with the end of the transfer.
  if (endOfHistoryTransfer !== true) return undefined
  // Baileys has no name for it yet.
  if (Number(endOfHistoryTransferType) === NO_ACCESS) return 'noAccess'
  return endOfHistoryTransferType === EndOfHistoryTransferType.COMPLETE_AND_NO_MORE_MESSAGE_REMAIN_ON_PRIMARY
    ? 'reached'
    : 'more'
}

const rawMessage = (message: Uint8Array): RawMessage | undefined => {
  const key = bytesField(message, INFO.key)
  const { fromMe, id } = key === undefined ? {} : decodedBy(bytes => proto.MessageKey.decode(bytes), key)
  return id ? { whatsAppId: id, fromMe: fromMe === true, at: timeOf(message) } : undefined
}

/** The first of the messages, in the order given, that has an id. */
const firstNamed = (messages: Iterable<Uint8Array>): RawMessage | undefined => {
  for (const message of messages) {
    const named = rawMessage(message)
    if (named !== undefined) return named
  }
  return undefined
}

function* backwards<A>(items: ReadonlyArray<A>): Generator<A> {
  for (let place = items.length - 1; place >= 0; place -= 1) {
    const item = items[place]
    if (item !== undefined) yield item
  }
}

/** The statuses of a chunk; `encoded` are their bytes as the phone encoded them. Nobody is asked for older ones. */
export const decodedStatuses = (
  self: Self,
  { statusV3Messages: statuses }: proto.IHistorySync,
  encoded: ReadonlyArray<Uint8Array> = []
): DecodedConversation | undefined => {
  if (!statuses?.length) return undefined
  return {
    chat: { jid: STATUS_JID },
    facts: statuses.flatMap((status, place) =>
      factsOfStoredMessage(self, status, { encoded: encoded[place] })
    ),
    received: statuses.length,
    oldest: undefined,
    newest: undefined,
    beginning: undefined
  }
}

/** Unread messages at the time of the newest message in this chunk: messages that came later must stay unread. */
const unreadOf = (
  self: Self,
  chat: Address,
  { about, messages }: EncodedConversation,
  madeAt: number | undefined
): ChatFact['unread'] => {
  const count = numberOf(about.unreadCount)
  if (count === null) return undefined
  const newest = messages.reduce((latest, message) => Math.max(latest, timeOf(message)), 0)
  const at = Math.max(newest, secondsToMilliseconds(about.conversationTimestamp))
  const written = messages.filter(message => timeOf(message) === at)
  const isWhole = written.length > 0 && (written.length < messages.length || beginningOf(about) === 'reached')
  if (!isWhole) return { count, at }
  const ofSecond = [...factsOf(self, chat, [], written)].filter(countsAsUnread).length
  // A page that was asked for may end within that second, before the newest message.
  return ofSecond === 0 && madeAt !== undefined ? { count, at } : { count, at, ofSecond }
}

const countsAsUnread = (fact: Fact): boolean =>
  fact.kind === 'message' && fact.sender !== 'me' && isWritten(fact.type)

/** A chunk has a conversation's newest message first; stored oldest first, messages of one second keep their order. */
function* factsOf(
  self: Self,
  chat: Address,
  about: ReadonlyArray<Fact>,
  messages: ReadonlyArray<Uint8Array>
): Generator<Fact> {
  yield* about
  for (const encoded of backwards(messages)) {
    const info = decodedBy(bytes => proto.WebMessageInfo.decode(bytes), encoded)
    yield* factsOfStoredMessage(self, info, { chat, encoded })
  }
}

/**
 * A conversation's metadata and messages, or nothing when it is none (a broadcast list). `madeAt` is when the phone made it, milliseconds
 * since 1970; left out of what it made when the account was linked.
 */
export const decodedConversation = (
  self: Self,
  encoded: EncodedConversation,
  madeAt?: number
): DecodedConversation | undefined => {
  const { about: conversation, messages } = encoded
  const chat = address(conversation.id, conversation.pnJid, conversation.lidJid)
  if (chat === undefined || !isThreadJid(chat.jid)) return undefined
  const name = present(conversation.name) ?? present(conversation.displayName)
  const about: Fact = {
    kind: 'chat',
    chat,
    // A person's name is the contact's.
    name: isPersonJid(chat.jid) ? undefined : name,
    unread: unreadOf(self, chat, encoded, madeAt),
    settings: settingsOf(conversation, madeAt),
    ephemeralSeconds: conversation.ephemeralExpiration ?? undefined
  }
  const contact: ReadonlyArray<Fact> =
    name === undefined || !isPersonJid(chat.jid) ? [] : [{ kind: 'contact', person: chat, name }]
  return {
    chat,
    facts: factsOf(self, chat, [about, ...contact], messages),
    received: messages.length,
    oldest: firstNamed(backwards(messages)),
    newest: firstNamed(messages),
    beginning: beginningOf(conversation)
  }
}
