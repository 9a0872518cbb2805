// One message to facts, for messages of every source: a message, a change to another one, or nothing.
import { proto } from '@whiskeysockets/baileys'
import { isGroupJid } from '../../../domain/jid.ts'
import type {
  Address,
  ChangeFact,
  Fact,
  MessageFact,
  Party,
  ReactionFact,
  ReceiptHistoryFact,
  VoteFact
} from '../../../domain/fact.ts'
import { type EventResponse, type MessageStatus, statusRank } from '../../../domain/message.ts'
import { address, partyOf, type Self } from './address.ts'
import { chatEvent, secondsOf } from './chat-event.ts'
import { contentOf, editOf } from './content.ts'
import { NO_DETAILS_FACT } from './content/parts.ts'
import { type AddressedInfo, type Envelope, envelopeOf, pushNameOf } from './envelope.ts'
import { millisecondsOf, secondsToMilliseconds } from './numbers.ts'
import { editInHistory } from './history-edit.ts'
import { eventResponseIn } from './opened-add-on.ts'
import { openedVotes } from './opened-votes.ts'
import { encodedMessage } from './protobuf.ts'
import { editedMessage, referredMessage, revokedMessage } from './reference.ts'
import { sealedAddOn, secretIn } from './sealed.ts'
import { factsOfStub } from './stub.ts'
import { unwrap } from './unwrap.ts'

export type { Self } from './address.ts'

const STATUS_OF: ReadonlyMap<number, MessageStatus> = new Map<number, MessageStatus>([
  [proto.WebMessageInfo.Status.ERROR, 'failed'],
  [proto.WebMessageInfo.Status.PENDING, 'queued'],
  [proto.WebMessageInfo.Status.SERVER_ACK, 'sent'],
  [proto.WebMessageInfo.Status.DELIVERY_ACK, 'delivered'],
  [proto.WebMessageInfo.Status.READ, 'read'],
  [proto.WebMessageInfo.Status.PLAYED, 'played']
])

const changeOf = (
  envelope: Envelope,
  target: ChangeFact['target'] | undefined,
  change: ChangeFact['change']
): ReadonlyArray<ChangeFact> =>
  target === undefined ? [] : [{ kind: 'change', chat: envelope.chat, target, by: envelope.sender, change }]

interface Given {
  readonly message: proto.IMessage
  readonly raw: Uint8Array | null
  readonly status: MessageStatus
  readonly reactions?: ReadonlyArray<ReactionFact>
  /** Votes that the phone has opened. */
  readonly votes?: ReadonlyArray<VoteFact>
  readonly eventResponses?: ReadonlyArray<EventResponse>
  readonly editedAt?: number | undefined
}

/** The secret with which the next edit of the message may be encrypted. */
const secretOf = (message: proto.IMessage): { readonly secret?: string } => {
  const secret = secretIn(unwrap(message).layers)
  return secret === undefined ? {} : { secret }
}

const protocolFacts = (
  self: Self,
  envelope: Envelope,
  given: Given,
  protocol: proto.Message.IProtocolMessage
): ReadonlyArray<Fact> => {
  switch (protocol.type) {
    case proto.Message.ProtocolMessage.Type.REVOKE:
      return changeOf(envelope, revokedMessage(self, envelope, protocol.key), {
        to: 'revoked',
        at: envelope.timestamp
      })
    case proto.Message.ProtocolMessage.Type.MESSAGE_EDIT:
      return changeOf(envelope, editedMessage(envelope, protocol.key), {
        to: 'edited',
        ...editOf(self, protocol, envelope.timestamp),
        ...secretOf(given.message)
      })
    case proto.Message.ProtocolMessage.Type.EPHEMERAL_SETTING: {
      const seconds = secondsOf(protocol.ephemeralExpiration)
      const event = chatEvent('ephemeral', [], String(seconds))
      // An old setting in the history says nothing about today's; the conversation itself has it.
      const now: ReadonlyArray<Fact> = envelope.live
        ? [{ kind: 'chat', chat: envelope.chat, ephemeralSeconds: seconds }]
        : []
      return [...now, messageFact(envelope, event, given)]
    }
    default:
      // Everything else is synchronization between devices and creates nothing.
      return []
  }
}

const messageFact = (
  envelope: Envelope,
  content: NonNullable<ReturnType<typeof contentOf>>,
  { editedAt, raw, reactions = [], status, votes }: Given
): MessageFact => ({
  kind: 'message',
  ...envelope,
  ...content,
  broadcast: envelope.broadcast,
  status,
  reactions,
  raw,
  ...(editedAt === undefined ? {} : { editedAt }),
  ...(votes === undefined || votes.length === 0 ? {} : { votes })
})

const factsOfContent = (self: Self, envelope: Envelope, given: Given): ReadonlyArray<Fact> => {
  const sealed = sealedAddOn(self, envelope, given.message)
  if (sealed !== undefined) return [sealed]
  const { protocolMessage, reactionMessage } = unwrap(given.message).message
  if (protocolMessage) return protocolFacts(self, envelope, given, protocolMessage)
  if (reactionMessage) {
    return changeOf(envelope, referredMessage(self, envelope, reactionMessage.key), {
      to: 'reacted',
      emoji: reactionMessage.text ?? '',
      at: millisecondsOf(reactionMessage.senderTimestampMs) ?? envelope.timestamp
    })
  }
  const content = contentOf(self, given.message)
  if (content === undefined) return []
  const { eventResponses = [] } = given
  return [messageFact(envelope, { ...content, eventResponses }, given)]
}

/** A message that arrived over the wire, decrypted; `raw` is its protobuf. */
export const factsOfLiveMessage = (
  self: Self,
  info: AddressedInfo,
  message: proto.IMessage,
  raw: Uint8Array | null
): ReadonlyArray<Fact> => {
  const envelope = envelopeOf(self, info, true)
  if (envelope === undefined) return []
  const status = envelope.sender === 'me' ? 'sent' : 'received'
  return [...pushNameOf(envelope), ...factsOfContent(self, envelope, { message, raw, status })]
}

/** A message that arrived but could not be read (yet): a placeholder that is filled when the content arrives. */
export const factOfUndecryptable = (
  self: Self,
  info: AddressedInfo,
  reason: string
): ReadonlyArray<MessageFact> => {
  const envelope = envelopeOf(self, info, true)
  if (envelope === undefined) return []
  const content = { ...NO_DETAILS_FACT, type: 'undecryptable', body: null, quoted: null }
  const message = messageFact(envelope, content, { message: {}, raw: null, status: 'undecryptable' })
  return [{ ...message, statusReason: reason }]
}

/** A message as a history chunk or a resend by the phone carries it. */
export const factsOfStoredMessage = (
  self: Self,
  info: proto.IWebMessageInfo,
  chat?: Address
): ReadonlyArray<Fact> => {
  const given = envelopeOf(self, info, false)
  if (given === undefined) return []
  const envelope =
    chat === undefined
      ? given
      : { ...given, chat, sender: given.sender === 'me' || isGroupJid(chat.jid) ? given.sender : chat }
  const receipts = receiptsOf(envelope, info)
  const status: MessageStatus =
    envelope.sender === 'me' ? furthest(STATUS_OF.get(info.status ?? -1) ?? 'sent', receipts) : 'received'
  if (!info.message) return factsOfStub(envelope, info, status)
  const edit = editInHistory(info.message)
  const message = withSecret(edit?.content ?? info.message, info.messageSecret)
  const written = edit?.whatsAppId === undefined ? envelope : { ...envelope, whatsAppId: edit.whatsAppId }
  const content = factsOfContent(self, written, {
    message,
    raw: encodedMessage(message),
    status,
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
  const last = new Map<string, EventResponse>()
  for (const { eventResponseMessage, eventResponseMessageKey, timestampMs } of eventResponses ?? []) {
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
  if (!isGroupJid(envelope.chat.jid)) return envelope.chat
  const who = address(key?.participant)
  return who === undefined ? undefined : partyOf(self, who)
}
