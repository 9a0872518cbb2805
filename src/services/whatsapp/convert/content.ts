// What a message says: from WhatsApp's protobuf to type, body and media. One table row per kind; what is unknown
// is kept and shown as unsupported with its name, never dropped.
import { normalizeMessageContent, type proto } from '@whiskeysockets/baileys'
import type { Media } from '../../../domain/message.ts'
import { millisecondsOf, numberOf } from './numbers.ts'

export interface Content {
  readonly type: string
  readonly body: string | null
  readonly media: Media | null
  readonly quotedWhatsAppId: string | null
}

interface MediaFields {
  mimetype?: string | null
  caption?: string | null
  fileName?: string | null
  fileLength?: unknown
  seconds?: number | null
  width?: number | null
  height?: number | null
}

const media = (fields: MediaFields): Media => ({
  mimeType: fields.mimetype ?? null,
  fileName: fields.fileName ?? null,
  size: numberOf(fields.fileLength),
  duration: fields.seconds ?? null,
  width: fields.width ?? null,
  height: fields.height ?? null
})

const plain = (type: string, body: string | null | undefined, attached: Media | null = null) => ({
  type,
  body: body ?? null,
  media: attached
})

const nameInCard = (vcard: string | null | undefined): string | null =>
  /^FN:(.*)$/m.exec(vcard ?? '')?.[1]?.trim() ?? null

const place = (fields: {
  degreesLatitude?: number | null
  degreesLongitude?: number | null
  name?: string | null
  caption?: string | null
}): string => {
  const coordinates = `${fields.degreesLatitude ?? 0},${fields.degreesLongitude ?? 0}`
  const label = fields.name ?? fields.caption
  return label ? `${label} (${coordinates})` : coordinates
}

/** Parts of a message that accompany its content and are none themselves. */
const COMPANIONS = new Set([
  'messageContextInfo',
  'senderKeyDistributionMessage',
  'fastRatchetKeySenderKeyDistributionMessage'
])

const contextOf = (value: unknown): proto.IContextInfo | undefined =>
  typeof value === 'object' &&
  value !== null &&
  'contextInfo' in value &&
  typeof value.contextInfo === 'object' &&
  value.contextInfo !== null
    ? value.contextInfo
    : undefined

type Shown = Pick<Content, 'type' | 'body' | 'media'>

const shown = (message: proto.IMessage): Shown | undefined => {
  if (message.conversation != null) return plain('text', message.conversation)
  if (message.extendedTextMessage) return plain('text', message.extendedTextMessage.text)
  if (message.imageMessage) return plain('image', message.imageMessage.caption, media(message.imageMessage))
  if (message.videoMessage) return plain('video', message.videoMessage.caption, media(message.videoMessage))
  if (message.ptvMessage) return plain('video', message.ptvMessage.caption, media(message.ptvMessage))
  if (message.audioMessage) {
    return plain(message.audioMessage.ptt === true ? 'voice' : 'audio', null, media(message.audioMessage))
  }
  if (message.documentMessage) {
    return plain('document', message.documentMessage.caption, media(message.documentMessage))
  }
  if (message.stickerMessage) return plain('sticker', null, media(message.stickerMessage))
  if (message.contactMessage) {
    return plain('contact', message.contactMessage.displayName ?? nameInCard(message.contactMessage.vcard))
  }
  if (message.contactsArrayMessage) {
    const names = (message.contactsArrayMessage.contacts ?? []).map(
      card => card.displayName ?? nameInCard(card.vcard)
    )
    return plain('contact', names.filter(name => name !== null).join(', '))
  }
  if (message.locationMessage) return plain('location', place(message.locationMessage))
  if (message.liveLocationMessage) return plain('location', place(message.liveLocationMessage))
  const poll = message.pollCreationMessage ?? message.pollCreationMessageV2 ?? message.pollCreationMessageV3
  if (poll)
    return plain(
      'poll',
      [poll.name ?? '', ...(poll.options ?? []).map(option => `• ${option.optionName ?? ''}`)].join('\n')
    )
  if (message.buttonsResponseMessage) return plain('text', message.buttonsResponseMessage.selectedDisplayText)
  if (message.templateButtonReplyMessage)
    return plain('text', message.templateButtonReplyMessage.selectedDisplayText)
  if (message.listResponseMessage) return plain('text', message.listResponseMessage.title)
  return undefined
}

/** What a message says, or `undefined` when it carries only keys or context. */
export const contentOf = (wrapped: proto.IMessage): Content | undefined => {
  // Ephemeral, view-once and document-with-caption are envelopes around the message proper.
  const message = normalizeMessageContent(wrapped)
  if (message === undefined) return undefined
  const kinds = Object.keys(message).filter(
    key => !COMPANIONS.has(key) && Reflect.get(message, key) != null && Object.hasOwn(message, key)
  )
  const [kind] = kinds
  if (kind === undefined) return undefined
  const quoted = kinds.map(key => contextOf(Reflect.get(message, key))?.stanzaId).find(id => id != null)
  return { ...(shown(message) ?? plain(`unsupported:${kind}`, null)), quotedWhatsAppId: quoted ?? null }
}

/** The body an edited message has now and the time of the edit. */
export const editOf = (
  protocol: proto.Message.IProtocolMessage,
  fallbackTime: number
): { body: string | null; at: number } => ({
  body: protocol.editedMessage ? (contentOf(protocol.editedMessage)?.body ?? null) : null,
  at: millisecondsOf(protocol.timestampMs) ?? fallbackTime
})
