// Messages this account sends, as WhatsApp's protobuf. What each kind of message says in it is declared by the outbox,
// in the fields of the protobuf; here it is encoded, with what all kinds have in common.
import { proto } from '@whiskeysockets/baileys/WAProto/index.js'
import type { ContentFact } from '../../../domain/fact.ts'
import { isGroupJid } from '../../../domain/jid.ts'
import type { Target } from '../../../domain/outbox.ts'
import { randomBytes } from '../../../domain/random.ts'
import { associationIn } from './association.ts'
import { chatAction } from './chat-action.ts'
import { contentIn } from './content.ts'
import type { Self } from './message.ts'
import { quotedCopy } from './quoted-copy.ts'
import { unwrap } from './unwrap.ts'

/** A `Message` of WhatsApp's protobuf by its fields, not encoded. */
export type WireMessage = proto.IMessage

/** Where a message is sent; `selfJid` is the account's own address, `now` in milliseconds since 1970. */
export interface Destination {
  readonly toJid: string
  readonly selfJid: string
  readonly now: number
  /** Seconds after which messages of the chat disappear from phones; 0 is never. */
  readonly ephemeralSeconds: number
}

/** Fields that the content of a message has besides its own: whom it mentions, what it answers, when it disappears. */
export interface Accompanying {
  readonly contextInfo?: proto.IContextInfo
}

/** The types of `protocolMessage` that change another message. */
export const PROTOCOL = {
  edit: proto.Message.ProtocolMessage.Type.MESSAGE_EDIT,
  revoke: proto.Message.ProtocolMessage.Type.REVOKE
} as const

/** The types of a pin. */
export const PIN = {
  pin: proto.Message.PinInChatMessage.Type.PIN_FOR_ALL,
  unpin: proto.Message.PinInChatMessage.Type.UNPIN_FOR_ALL
} as const

/** How a message names another one. */
export const messageKey = (target: Target, { selfJid, toJid }: Destination): proto.IMessageKey => ({
  remoteJid: toJid,
  fromMe: target.sender === null,
  id: target.whatsAppId,
  ...(isGroupJid(toJid) ? { participant: target.sender ?? selfJid } : {})
})

/** What a message mentions and answers, as its protobuf says it; for an edit, which repeats it. */
export const contextIn = (encoded: Uint8Array): proto.IContextInfo | undefined => {
  const { message } = unwrap(proto.Message.decode(encoded))
  return message.extendedTextMessage?.contextInfo ?? undefined
}

/** The `contextInfo` of a message; `undefined` when it has none of these. */
export const contextOf = (
  content: {
    readonly mentions?: ReadonlyArray<string> | undefined
    readonly quoted?: Target | undefined
    /** The mark of a forwarded message. */
    readonly forwardingScore?: number | undefined
  },
  destination: Destination,
  quotedMessage: Uint8Array | undefined
): proto.IContextInfo | undefined => {
  const { forwardingScore, mentions = [], quoted } = content
  const { ephemeralSeconds } = destination
  const isEmpty = mentions.length === 0 && quoted === undefined && forwardingScore === undefined
  if (isEmpty && ephemeralSeconds === 0) return undefined
  return {
    ...(ephemeralSeconds === 0 ? {} : { expiration: ephemeralSeconds }),
    ...(forwardingScore === undefined ? {} : { isForwarded: true, forwardingScore }),
    ...(mentions.length === 0 ? {} : { mentionedJid: [...mentions] }),
    ...(quoted === undefined
      ? {}
      : {
          stanzaId: quoted.whatsAppId,
          participant: quoted.sender ?? destination.selfJid,
          quotedMessage: quotedMessage === undefined ? { conversation: '' } : quotedCopy(quotedMessage)
        })
  }
}

/** A file as a part of an album, which it names outside of its envelopes. */
export const partOfAlbum = (
  message: WireMessage,
  album: Target | undefined,
  destination: Destination
): WireMessage =>
  album === undefined
    ? message
    : {
        ...message,
        messageContextInfo: {
          ...message.messageContextInfo,
          messageAssociation: {
            associationType: proto.MessageAssociation.AssociationType.MEDIA_ALBUM,
            parentMessageKey: messageKey(album, destination)
          }
        }
      }

const SECRET_BYTES = 32

/**
 * With the secret that edits, reactions, votes and the like of the message are encrypted with, unless it has one. Nothing is added to
 * a pin.
 */
export const withMessageSecret = (message: WireMessage): WireMessage =>
  message.messageContextInfo?.messageSecret || message.pinInChatMessage
    ? message
    : {
        ...message,
        messageContextInfo: { ...message.messageContextInfo, messageSecret: randomBytes(SECRET_BYTES) }
      }

export const encodeOutgoing = (message: WireMessage): Uint8Array => proto.Message.encode(message).finish()

/** The content of a message that this account sends to a chat, as it is stored: the same as if another device had sent it. */
export const outgoingContent = (self: Self, bytes: Uint8Array, chatJid: string): ContentFact | undefined => {
  const unwrapped = unwrap(proto.Message.decode(bytes))
  const written = { chat: { jid: chatJid }, sender: 'me' } as const
  const content = chatAction(self, written, unwrapped.message) ?? contentIn(self, unwrapped)
  const associated = associationIn(self, written, unwrapped.layers)
  if (content === undefined || associated === undefined) return content
  return { ...content, association: associated.association, parentSender: associated.parentSender }
}
