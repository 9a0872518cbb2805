// One message to facts, for messages of every source: a message, a change to another one, or nothing.
import { proto } from '@whiskeysockets/baileys/WAProto/index.js'
import type {
  ChangeFact,
  ContentFact,
  Fact,
  LeftOutFact,
  MessageFact,
  ReactionFact,
  VoteFact
} from '../../../domain/fact.ts'
import { type EventResponse, type MessageStatus, ONLY_ON_PHONE } from '../../../domain/message.ts'
import { leftOut, leftOutField, leftOutProtocol } from '../kinds/left-out.ts'
import { outcomeOf } from '../kinds/message-fields.ts'
import type { Self } from './address.ts'
import { associationIn, attachment } from './association.ts'
import { chatAction } from './chat-action.ts'
import { chatEvent, secondsOf } from './chat-event.ts'
import { contentIn, editOf } from './content.ts'
import { NO_DETAILS_FACT } from './content/parts.ts'
import { type AddressedInfo, type Envelope, envelopeOf, pushNameOf } from './envelope.ts'
import { millisecondsOf } from './numbers.ts'
import { editedMessage, referredMessage, revokedMessage } from './reference.ts'
import { sealedAddOn, secretIn } from './sealed.ts'
import { type Unwrapped, unwrap } from './unwrap.ts'

export type { Self } from './address.ts'

const changeOf = (
  envelope: Envelope,
  target: ChangeFact['target'] | undefined,
  change: ChangeFact['change']
): ReadonlyArray<ChangeFact | LeftOutFact> =>
  target === undefined
    ? [leftOut('changeOfNothing')]
    : [{ kind: 'change', chat: envelope.chat, target, by: envelope.sender, change }]

/** A message with what its source knows of it. */
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
      return changeOf(envelope, editedOrParent(self, envelope, unwrapped, protocol), {
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

/** The message that is edited; of the caption of a file that belongs to another message, that one. */
const editedOrParent = (
  self: Self,
  envelope: Envelope,
  { layers }: Unwrapped,
  { editedMessage: edited, key }: proto.Message.IProtocolMessage
): ChangeFact['target'] | undefined => {
  const associated = associationIn(self, envelope, edited ? [...layers, ...unwrap(edited).layers] : layers)
  return associated?.attachedAs === undefined
    ? editedMessage(envelope, key)
    : { sender: envelope.sender, whatsAppId: associated.association.whatsAppId }
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

/** What a message says, or what it changes; one fact says so where it says nothing. */
export const factsOfContent = (self: Self, envelope: Envelope, given: Given): ReadonlyArray<Fact> => {
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
export const outsideConversations = ({ key }: AddressedInfo): LeftOutFact => {
  const chat = key?.remoteJid ?? ''
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
