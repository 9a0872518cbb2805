// A decoded history chunk to facts, conversation by conversation, so that what is converted need not stay in memory.
import { proto } from '@whiskeysockets/baileys/WAProto/index.js'
import { isGroupJid, isPersonJid, isThreadJid, STATUS_JID } from '../../../domain/jid.ts'
import type { Address, ChatFact, Fact, PastParticipantsFact } from '../../../domain/fact.ts'
import { bytesField, bytesFields } from '../../../domain/protobuf.ts'
import { address, samePerson, type Self, UNDATED } from './address.ts'
import { factsOfLoggedCall } from './call-log.ts'
import { settingsOf } from './chat-settings.ts'
import { factsOfStoredMessage } from './stored-message.ts'
import { numberOf, secondsToMilliseconds } from './numbers.ts'

const present = (text: string | null | undefined): string | undefined =>
  text === null || text === '' ? undefined : text

/** Unread messages at the time of the newest message in this chunk: messages that came later must stay unread. */
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
  readonly facts: ReadonlyArray<Fact>
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

const rawMessage = (entry: proto.IHistorySyncMsg | undefined): RawMessage | undefined => {
  const { key, messageTimestamp } = entry?.message ?? {}
  return key?.id
    ? { whatsAppId: key.id, fromMe: key.fromMe === true, at: secondsToMilliseconds(messageTimestamp) }
    : undefined
}

/** What is known of a conversation besides itself. */
interface ConversationSource {
  /** Its bytes as the phone encoded them. */
  readonly encoded?: Uint8Array | undefined
  /** When the phone made it, milliseconds since 1970; left out of what it made when the account was linked. */
  readonly madeAt?: number | undefined
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

/** The field of a conversation with its messages, and the field of a message in each of them. */
const MESSAGES = 2
const MESSAGE = 1

/**
 * A conversation's metadata and messages, or nothing when it is none (a broadcast list).
 */
export const decodedConversation = (
  self: Self,
  conversation: proto.IConversation,
  { encoded, madeAt }: ConversationSource = {}
): DecodedConversation | undefined => {
  const chat = address(conversation.id, conversation.pnJid, conversation.lidJid)
  if (chat === undefined || !isThreadJid(chat.jid)) return undefined
  const name = present(conversation.name) ?? present(conversation.displayName)
  const about: Fact = {
    kind: 'chat',
    chat,
    // A person's name is the contact's.
    name: isPersonJid(chat.jid) ? undefined : name,
    unread: unreadOf(conversation),
    settings: settingsOf(conversation, madeAt),
    ephemeralSeconds: conversation.ephemeralExpiration ?? undefined
  }
  const contact: ReadonlyArray<Fact> =
    name === undefined || !isPersonJid(chat.jid) ? [] : [{ kind: 'contact', person: chat, name }]
  const entries = conversation.messages ?? []
  const asEncoded = encoded && bytesFields(encoded, MESSAGES)
  // A chunk has a conversation's newest message first; stored oldest first, messages of one second keep their order.
  const messages = entries.flatMap((_, index): ReadonlyArray<Fact> => {
    const place = entries.length - 1 - index
    const message = entries[place]?.message
    const bytes = asEncoded?.[place]
    return message
      ? factsOfStoredMessage(self, message, { chat, encoded: bytes && bytesField(bytes, MESSAGE) })
      : []
  })
  return {
    chat,
    facts: [about, ...contact, ...messages],
    received: entries.length,
    oldest: rawMessage(entries.findLast(entry => entry.message?.key?.id)),
    newest: rawMessage(entries.find(entry => entry.message?.key?.id)),
    beginning: beginningOf(conversation)
  }
}
