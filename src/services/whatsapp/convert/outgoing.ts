// From the content of an outbox entry to WhatsApp's protobuf, once, when the entry is accepted: every attempt then
// sends the same bytes under the same id. The protobuf of media is made when the file has been uploaded.
import { proto } from '@whiskeysockets/baileys'
import type { ContentFact } from '../../../domain/fact.ts'
import { isGroupJid } from '../../../domain/jid.ts'
import type { OutboxContent, Target } from '../../../domain/outbox.ts'
import { contentOf } from './content.ts'
import type { Self } from './message.ts'

/** Content whose protobuf does not depend on an upload or a connection. */
export type Encodable = Exclude<OutboxContent, { kind: 'media' | 'read' }>

/** Where a message is going; `self` are the account's own addresses. */
export interface Destination {
  readonly toJid: string
  readonly selfJid: string
  readonly now: number
}

const keyOf = (target: Target, { selfJid, toJid }: Destination): proto.IMessageKey => ({
  remoteJid: toJid,
  fromMe: target.sender === null,
  id: target.whatsAppId,
  ...(isGroupJid(toJid) ? { participant: target.sender ?? selfJid } : {})
})

/** Mentions and quote of a message; `undefined` when it has neither. */
export const contextOf = (
  content: {
    readonly mentions?: ReadonlyArray<string> | undefined
    readonly quoted?: Target | undefined
  },
  destination: Destination,
  quotedMessage: Uint8Array | undefined
): proto.IContextInfo | undefined => {
  const { mentions = [], quoted } = content
  if (mentions.length === 0 && quoted === undefined) return undefined
  return {
    ...(mentions.length === 0 ? {} : { mentionedJid: [...mentions] }),
    ...(quoted === undefined
      ? {}
      : {
          stanzaId: quoted.whatsAppId,
          participant: quoted.sender ?? destination.selfJid,
          quotedMessage:
            quotedMessage === undefined ? { conversation: '' } : proto.Message.decode(quotedMessage)
        })
  }
}

const vcard = ({ name, phoneNumber }: { readonly name: string; readonly phoneNumber: string }): string => {
  const escaped = name.replaceAll(/[\\;,]/g, '\\$&').replaceAll(/[\r\n]+/g, ' ')
  const digits = phoneNumber.replaceAll(/\D/g, '')
  return `BEGIN:VCARD\nVERSION:3.0\nN:;${escaped};;;\nFN:${escaped}\nTEL;type=CELL;type=VOICE;waid=${digits}:+${digits}\nEND:VCARD`
}

const messageOf = (
  content: Encodable,
  destination: Destination,
  contextInfo: proto.IContextInfo | undefined
): proto.IMessage => {
  const context = contextInfo === undefined ? {} : { contextInfo }
  switch (content.kind) {
    case 'text':
      return { extendedTextMessage: { text: content.text, ...context } }
    case 'location':
      return {
        locationMessage: {
          degreesLatitude: content.latitude,
          degreesLongitude: content.longitude,
          name: content.name ?? null,
          address: content.address ?? null,
          ...context
        }
      }
    case 'contact': {
      const cards = content.contacts.map(card => ({ displayName: card.name, vcard: vcard(card) }))
      const [only, ...others] = cards
      return others.length === 0
        ? { contactMessage: { ...only, ...context } }
        : { contactsArrayMessage: { displayName: `${cards.length} contacts`, contacts: cards, ...context } }
    }
    case 'poll': {
      const poll = {
        name: content.question,
        options: content.options.map(optionName => ({ optionName })),
        selectableOptionsCount: content.selectable,
        ...context
      }
      return {
        messageContextInfo: { messageSecret: Buffer.from(content.secret, 'base64') },
        ...(content.selectable === 1 ? { pollCreationMessageV3: poll } : { pollCreationMessage: poll })
      }
    }
    case 'reaction':
      return {
        reactionMessage: {
          key: keyOf(content.target, destination),
          text: content.emoji,
          senderTimestampMs: destination.now
        }
      }
    case 'edit':
      return {
        protocolMessage: {
          key: keyOf(content.target, destination),
          type: proto.Message.ProtocolMessage.Type.MESSAGE_EDIT,
          editedMessage: { extendedTextMessage: { text: content.text } },
          timestampMs: destination.now
        }
      }
    case 'revoke':
      return {
        protocolMessage: {
          key: keyOf(content.target, destination),
          type: proto.Message.ProtocolMessage.Type.REVOKE
        }
      }
  }
}

const MEDIA_FIELD = {
  image: 'imageMessage',
  video: 'videoMessage',
  audio: 'audioMessage',
  voice: 'audioMessage',
  document: 'documentMessage',
  sticker: 'stickerMessage'
} as const

/** The content of a message with media before its file is uploaded: everything but where the file is. */
export const encodeUnuploaded = (
  content: Extract<OutboxContent, { kind: 'media' }>,
  destination: Destination,
  quotedMessage?: Uint8Array
): Uint8Array => {
  const contextInfo = contextOf(content, destination, quotedMessage)
  const { caption, fileName, mimeType: mimetype, size: fileLength, type } = content
  return proto.Message.encode({
    [MEDIA_FIELD[type]]: {
      mimetype,
      fileLength,
      fileSha256: Buffer.from(content.file, 'hex'),
      ...(caption === undefined ? {} : { caption }),
      ...(fileName === undefined ? {} : { fileName }),
      ...(type === 'voice' ? { ptt: true } : {}),
      ...(contextInfo === undefined ? {} : { contextInfo })
    }
  }).finish()
}

/** An own message as it is stored: the same as if another device of the account had sent it. */
export const outgoingContent = (self: Self, bytes: Uint8Array): ContentFact | undefined =>
  contentOf(self, proto.Message.decode(bytes))

export const encodeOutgoing = (
  content: Encodable,
  destination: Destination,
  quotedMessage?: Uint8Array
): Uint8Array => {
  const quotes = 'quoted' in content || 'mentions' in content ? content : {}
  return proto.Message.encode(
    messageOf(content, destination, contextOf(quotes, destination, quotedMessage))
  ).finish()
}
