// One message to facts, for messages of every source: a message, a change to another one, or nothing.
import { proto } from '@whiskeysockets/baileys'
import { isGroupJid, STATUS_JID } from '../../../domain/jid.ts'
import type {
  Address,
  ChangeFact,
  ContentFact,
  Fact,
  LeftOutFact,
  MessageFact,
  Party,
  ReactionFact,
  ReceiptHistoryFact,
  VoteFact
} from '../../../domain/fact.ts'
import { type EventResponse, type MessageStatus, ONLY_ON_PHONE, statusRank } from '../../../domain/message.ts'
import { bytesField, withBytesField } from '../../../domain/protobuf.ts'
import { MESSAGE_CONTEXT_INFO, MESSAGE_SECRET } from '../../../domain/sealed-add-on.ts'
import { leftOut, leftOutField, leftOutProtocol } from '../kinds/left-out.ts'
import { outcomeOf } from '../kinds/message-fields.ts'
import { address, partyOf, type Self } from './address.ts'
import { associationIn, attachment } from './association.ts'
import { chatAction } from './chat-action.ts'
import { chatEvent, secondsOf } from './chat-event.ts'
import { contentIn, editOf } from './content.ts'
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
import { type Unwrapped, unwrap } from './unwrap.ts'

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
): ReadonlyArray<ChangeFact | LeftOutFact> =>
  target === undefined
    ? [leftOut('changeOfNothing')]
    : [{ kind: 'change', chat: envelope.chat, target, by: envelope.sender, change }]

interface Given {
  readonly message: proto.IMessage
  readonly raw: Uint8Array | null
  readonly status: MessageStatus
  readonly starred?: boolean
  readonly reactions?: ReadonlyArray<ReactionFact>
  /** Votes that the phone has opened. */
  readonly votes?: ReadonlyArray<VoteFact>
  readonly eventResponses?: ReadonlyArray<EventResponse>
  readonly editedAt?: number | undefined
}

/** The secret with which the next edit of the message may be encrypted. */
const secretOf = ({ layers }: Unwrapped): { readonly secret?: string } => {
  const secret = secretIn(layers)
  return secret === undefined ? {} : { secret }
}

const protocolFacts = (
  self: Self,
  envelope: Envelope,
  given: Given,
  unwrapped: Unwrapped,
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
        ...editOf(self, protocol, envelope.timestamp, unwrapped.encoded),
        ...secretOf(unwrapped)
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
      return [leftOutProtocol(protocol.type)]
  }
}

const messageFact = (
  envelope: Envelope,
  content: ContentFact,
  { editedAt, raw, reactions = [], starred, status, votes }: Given
): MessageFact => ({
  kind: 'message',
  ...envelope,
  ...content,
  broadcast: envelope.broadcast,
  status,
  starred,
  reactions,
  raw,
  ...(editedAt === undefined ? {} : { editedAt }),
  ...(votes === undefined || votes.length === 0 ? {} : { votes })
})

const factsOfContent = (self: Self, envelope: Envelope, given: Given): ReadonlyArray<Fact> => {
  const unwrapped = unwrap(given.message, given.raw)
  const sealed = sealedAddOn(self, envelope, unwrapped)
  if (sealed !== undefined) return [sealed]
  const { placeholderMessage, protocolMessage, reactionMessage } = unwrapped.message
  const action = chatAction(self, envelope, unwrapped.message)
  if (action !== undefined) return [messageFact(envelope, action, given)]
  if (placeholderMessage) return [onlyOnPhone(envelope)]
  if (protocolMessage) return protocolFacts(self, envelope, given, unwrapped, protocolMessage)
  if (reactionMessage) {
    return changeOf(envelope, referredMessage(self, envelope, reactionMessage.key), {
      to: 'reacted',
      emoji: reactionMessage.text ?? '',
      at: millisecondsOf(reactionMessage.senderTimestampMs) ?? envelope.timestamp
    })
  }
  const content = contentIn(self, unwrapped)
  if (content === undefined) return [leftOutContent(unwrapped.message)]
  const { eventResponses = [] } = given
  const fact = messageFact(envelope, { ...content, eventResponses }, given)
  const associated = associationIn(self, envelope, unwrapped.layers)
  if (associated === undefined) return [fact]
  const { association, parentSender } = associated
  return [attachment(associated, fact) ?? { ...fact, association, parentSender }]
}

/** A message that says nothing: what it carries instead. */
const leftOutContent = (message: proto.IMessage): LeftOutFact => {
  const fields = Object.keys(message).filter(name => Reflect.get(message, name) != null)
  if (fields.some(name => outcomeOf(name) === 'change')) return leftOut('changeOfNothing')
  const [field] = fields
  return field === undefined ? leftOut('empty') : leftOutField(field)
}

/** Why a message becomes no document: it is in no conversation. */
const outsideConversations = ({ key }: AddressedInfo): LeftOutFact => {
  const chat = key?.remoteJid ?? ''
  if (chat === STATUS_JID) return leftOut('status')
  return leftOut(chat.endsWith('@broadcast') ? 'broadcastList' : 'unaddressed')
}

/** A message that arrived over the wire, decrypted; `raw` is its protobuf. */
export const factsOfLiveMessage = (
  self: Self,
  info: AddressedInfo,
  message: proto.IMessage,
  raw: Uint8Array | null
): ReadonlyArray<Fact> => {
  const envelope = envelopeOf(self, info, true)
  if (envelope === undefined) return [outsideConversations(info)]
  const status = envelope.sender === 'me' ? 'sent' : 'received'
  return [...pushNameOf(envelope), ...factsOfContent(self, envelope, { message, raw, status })]
}

const undecryptable = (envelope: Envelope, reason: string): MessageFact => {
  const content = { ...NO_DETAILS_FACT, type: 'undecryptable', body: null, quoted: null }
  const message = messageFact(envelope, content, { message: {}, raw: null, status: 'undecryptable' })
  return { ...message, statusReason: reason }
}

/** What WhatsApp sends to linked devices in the place of a message that they are not to have. */
const onlyOnPhone = (envelope: Envelope): MessageFact => undecryptable(envelope, ONLY_ON_PHONE)

/** A message that arrived but could not be read (yet): a placeholder that is filled when the content arrives. */
export const factOfUndecryptable = (self: Self, info: AddressedInfo, reason: string): ReadonlyArray<Fact> => {
  const envelope = envelopeOf(self, info, true)
  return [envelope === undefined ? outsideConversations(info) : undecryptable(envelope, reason)]
}

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
      : { ...given, chat, sender: given.sender === 'me' || isGroupJid(chat.jid) ? given.sender : chat }
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
