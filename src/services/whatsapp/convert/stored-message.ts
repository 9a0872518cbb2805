// A message as phones store it: in a history chunk, or resent on request. It comes with what happened to it since.
import { proto } from '@whiskeysockets/baileys/WAProto/index.js'
import type {
  Address,
  Fact,
  Party,
  ReactionFact,
  ReceiptHistoryFact,
  VoteFact
} from '../../../domain/fact.ts'
import { namesWriters } from '../../../domain/jid.ts'
import { type EventResponse, type MessageStatus, statusRank } from '../../../domain/message.ts'
import { bytesField, withBytesField } from '../../../domain/protobuf.ts'
import { MESSAGE_CONTEXT_INFO, MESSAGE_SECRET } from '../../../domain/sealed-add-on.ts'
import { address, partyOf, type Self } from './address.ts'
import { type Envelope, envelopeOf } from './envelope.ts'
import { editInHistory } from './history-edit.ts'
import { factsOfContent, outsideConversations } from './message.ts'
import { millisecondsOf, secondsToMilliseconds } from './numbers.ts'
import { eventResponseIn } from './opened-add-on.ts'
import { openedVotes } from './opened-votes.ts'
import { encodedMessage } from './protobuf.ts'
import { factsOfStub } from './stub.ts'

const STATUS_OF: ReadonlyMap<number, MessageStatus> = new Map<number, MessageStatus>([
  [proto.WebMessageInfo.Status.ERROR, 'failed'],
  [proto.WebMessageInfo.Status.PENDING, 'queued'],
  [proto.WebMessageInfo.Status.SERVER_ACK, 'sent'],
  [proto.WebMessageInfo.Status.DELIVERY_ACK, 'delivered'],
  [proto.WebMessageInfo.Status.READ, 'read'],
  [proto.WebMessageInfo.Status.PLAYED, 'played']
])

/** What is known of a message of the phone besides the message. */
interface StoredIn {
  /** The conversation it was found in. */
  readonly chat?: Address | undefined
  /** The `WebMessageInfo` as the phone encoded it: fields that are newer than the generated classes are only there. */
  readonly encoded?: Uint8Array | undefined
}

/** The field of a `WebMessageInfo` that carries its `Message`. */
const MESSAGE = 2

/** A message as a history chunk or a resend by the phone carries it. */
export const factsOfStoredMessage = (
  self: Self,
  info: proto.IWebMessageInfo,
  { chat, encoded }: StoredIn = {}
): ReadonlyArray<Fact> => {
  const given = envelopeOf(self, info, false)
  if (given === undefined) return [outsideConversations(info)]
  const envelope =
    chat === undefined
      ? given
      : { ...given, chat, sender: given.sender === 'me' || namesWriters(chat.jid) ? given.sender : chat }
  const receipts = receiptsOf(envelope, info)
  const status: MessageStatus =
    envelope.sender === 'me' ? furthest(STATUS_OF.get(info.status ?? -1) ?? 'sent', receipts) : 'received'
  if (!info.message) return factsOfStub(envelope, info, status)
  const asReceived = encoded && bytesField(encoded, MESSAGE)
  const edit = editInHistory(info.message, asReceived)
  const message = withSecret(edit?.content ?? info.message, info.messageSecret)
  const bytes = edit === undefined ? asReceived : edit.encoded
  const written = edit?.whatsAppId === undefined ? envelope : { ...envelope, whatsAppId: edit.whatsAppId }
  const content = factsOfContent(self, written, {
    message,
    raw: bytes ? withEncodedSecret(bytes, info.messageSecret) : encodedMessage(message),
    status,
    starred: info.starred === true,
    reactions: reactionsOf(self, envelope, info),
    votes: votesOf(self, envelope, info),
    eventResponses: eventResponsesOf(self, envelope, info),
    editedAt: edit && (edit.at ?? envelope.timestamp)
  })
  return receipts === undefined ? content : [...content, receipts]
}

/** A time the phone knows, or `null`. */
const timeOrNull = (seconds: unknown): number | null => secondsToMilliseconds(seconds) || null

/** The receipts of an own message, as the phone stores them. */
const receiptsOf = (
  { chat, sender, whatsAppId }: Envelope,
  { userReceipt }: proto.IWebMessageInfo
): ReceiptHistoryFact | undefined => {
  if (sender !== 'me' || !userReceipt?.length) return undefined
  const people = userReceipt.flatMap(({ playedTimestamp, readTimestamp, receiptTimestamp, userJid }) => {
    const recipient = address(userJid)
    const deliveredAt = timeOrNull(receiptTimestamp)
    const readAt = timeOrNull(readTimestamp)
    const playedAt = timeOrNull(playedTimestamp)
    return recipient === undefined || (deliveredAt ?? readAt ?? playedAt) === null
      ? []
      : [{ recipient, deliveredAt, readAt, playedAt }]
  })
  return people.length === 0 ? undefined : { kind: 'receiptHistory', chat, whatsAppId, people }
}

/** The furthest status a message reached with any recipient. */
const furthest = (status: MessageStatus, receipts: ReceiptHistoryFact | undefined): MessageStatus => {
  const reached = (receipts?.people ?? []).map(({ playedAt, readAt }) =>
    playedAt !== null ? 'played' : readAt !== null ? 'read' : 'delivered'
  )
  return reached.reduce<MessageStatus>((far, one) => (statusRank(one) > statusRank(far) ? one : far), status)
}

/** Phones keep a message's secret beside the message in their history; votes need it inside, where live messages have it. */
const withSecret = (message: proto.IMessage, secret: Uint8Array | null | undefined): proto.IMessage =>
  !secret || secret.length === 0 || message.messageContextInfo?.messageSecret
    ? message
    : { ...message, messageContextInfo: { ...message.messageContextInfo, messageSecret: secret } }

/** The same for the encoded message: whatever else it carries stays as the phone encoded it. */
const withEncodedSecret = (encoded: Uint8Array, secret: Uint8Array | null | undefined): Uint8Array => {
  if (!secret || secret.length === 0) return encoded
  const context = bytesField(encoded, MESSAGE_CONTEXT_INFO) ?? new Uint8Array()
  if (bytesField(context, MESSAGE_SECRET)?.length) return encoded
  return withBytesField(encoded, MESSAGE_CONTEXT_INFO, withBytesField(context, MESSAGE_SECRET, secret))
}

const reactionsOf = (
  self: Self,
  envelope: Envelope,
  { reactions }: proto.IWebMessageInfo
): ReadonlyArray<ReactionFact> =>
  (reactions ?? []).flatMap(reaction => {
    const by = authorOf(self, envelope, reaction.key)
    if (by === undefined) return []
    const at = millisecondsOf(reaction.senderTimestampMs) ?? envelope.timestamp
    return [{ by, emoji: reaction.text ?? '', at }]
  })

const votesOf = (
  self: Self,
  envelope: Envelope,
  { pollUpdates }: proto.IWebMessageInfo
): ReadonlyArray<VoteFact> => openedVotes(pollUpdates ?? [], key => authorOf(self, envelope, key))

/** The last answer of each person. */
const eventResponsesOf = (
  self: Self,
  envelope: Envelope,
  { eventResponses }: proto.IWebMessageInfo
): ReadonlyArray<EventResponse> => {
  if (!eventResponses?.length) return []
  const last = new Map<string, EventResponse>()
  for (const { eventResponseMessage, eventResponseMessageKey, timestampMs } of eventResponses) {
    const by = authorOf(self, envelope, eventResponseMessageKey)
    const answer = eventResponseIn(
      eventResponseMessage ?? {},
      millisecondsOf(timestampMs) ?? envelope.timestamp
    )
    if (by === undefined || answer === undefined) continue
    const sender = by === 'me' ? 'me' : by.jid
    if ((last.get(sender)?.at ?? 0) <= answer.at) last.set(sender, { sender, ...answer })
  }
  return [...last.values()]
}

/** The author of something that is stored with a message; unlike on the wire, `fromMe` means this account there. */
const authorOf = (
  self: Self,
  envelope: Envelope,
  key: proto.IMessageKey | null | undefined
): Party | undefined => {
  if (key?.fromMe === true) return 'me'
  if (!namesWriters(envelope.chat.jid)) return envelope.chat
  const who = address(key?.participant)
  return who === undefined ? undefined : partyOf(self, who)
}
