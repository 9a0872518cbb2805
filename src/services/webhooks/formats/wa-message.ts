// Messages as Baileys has them: keys, statuses, contents. Two formats are built on it.
import { createHash } from 'node:crypto'
import { isGroupJid } from '../../../domain/jid.ts'
import type { MediaResource, MessageStatus } from '../../../domain/message.ts'
import { chatOf, type EventMessage, type Material, secondsOf } from './format.ts'

export interface WaKey {
  readonly remoteJid: string
  readonly fromMe: boolean
  readonly id: string
  /** Of a group: who wrote it. */
  readonly participant?: string
}

type Own = Pick<Material, 'account'>

const participantIn = (chat: string, person: string | null): { participant?: string } =>
  isGroupJid(chat) && person !== null ? { participant: person } : {}

export const keyOf = (message: EventMessage, { account }: Own): WaKey => {
  const remoteJid = chatOf(message)
  const fromMe = message.direction === 'outbound'
  return {
    remoteJid,
    fromMe,
    id: message.whatsAppId,
    ...participantIn(remoteJid, fromMe ? (account?.jid ?? null) : message.sender)
  }
}

/** The key of something that a person did in the chat of a message; `me` is this account. */
export const keyBy = (message: EventMessage, person: string, id: string, { account }: Own): WaKey => {
  const remoteJid = chatOf(message)
  const fromMe = person === 'me'
  return { remoteJid, fromMe, id, ...participantIn(remoteJid, fromMe ? (account?.jid ?? null) : person) }
}

/** `WebMessageInfo.Status`; of messages that could not be read or were cancelled there is none. */
const STATUS_NUMBERS: Readonly<Record<MessageStatus, number | undefined>> = {
  undecryptable: undefined,
  cancelled: undefined,
  failed: 0,
  queued: 1,
  sent: 2,
  received: 3,
  delivered: 3,
  read: 4,
  played: 5
}

export const statusNumber = ({ status }: Pick<EventMessage, 'status'>): number | undefined =>
  STATUS_NUMBERS[status]

const FILE_MESSAGES: Readonly<Record<string, string>> = {
  image: 'imageMessage',
  video: 'videoMessage',
  audio: 'audioMessage',
  voice: 'audioMessage',
  document: 'documentMessage',
  sticker: 'stickerMessage'
}

const fileOf = ({ body, type }: EventMessage, media: MediaResource) => ({
  ...(media.mimeType === null ? {} : { mimetype: media.mimeType }),
  ...(body === null ? {} : { caption: body }),
  ...(media.fileName === null ? {} : { fileName: media.fileName }),
  ...(media.size === null ? {} : { fileLength: String(media.size) }),
  ...(media.duration === null ? {} : { seconds: media.duration }),
  ...(media.width === null ? {} : { width: media.width }),
  ...(media.height === null ? {} : { height: media.height }),
  ...(type === 'voice' ? { ptt: true } : {}),
  ...(media.download === null
    ? {}
    : {
        directPath: media.download.directPath,
        mediaKey: media.download.mediaKey,
        fileSha256: media.download.fileSha256,
        fileEncSha256: media.download.fileEncSha256
      })
})

const cardsOf = (contacts: EventMessage['contacts']) => {
  const cards = contacts.map(({ name, vcard }) => ({ displayName: name, vcard }))
  return cards.length === 1
    ? { contactMessage: cards[0] }
    : { contactsArrayMessage: { displayName: `${cards.length} contacts`, contacts: cards } }
}

/** The content of a message as far as its fields tell it, where its protobuf is not kept. */
const contentFromFields = (message: EventMessage): Record<string, unknown> => {
  const { body, contacts, location, media, poll, type } = message
  const file = FILE_MESSAGES[type]
  if (file !== undefined && media !== null) return { [file]: fileOf(message, media) }
  if (location !== null)
    return {
      locationMessage: {
        degreesLatitude: location.latitude,
        degreesLongitude: location.longitude,
        name: location.name,
        address: location.address
      }
    }
  if (contacts.length > 0) return cardsOf(contacts)
  if (poll !== null)
    return {
      pollCreationMessage: {
        name: poll.question,
        options: poll.options.map(({ name }) => ({ optionName: name })),
        selectableOptionsCount: poll.selectable
      }
    }
  return body === null ? {} : { conversation: body }
}

/** The content of the message; of an edited one as its fields tell it, since its protobuf is the one before. */
export const contentOf = (
  message: EventMessage,
  { content }: Pick<Material, 'content'>
): Readonly<Record<string, unknown>> =>
  content === undefined || message.edits.length > 0 ? contentFromFields(message) : content

const hashOf = (option: string): string => createHash('sha256').update(option).digest('base64')

/** The votes of a poll, by person, in the form that Baileys adds up: options by their hashes. */
export const pollUpdatesOf = (message: EventMessage, own: Own) => {
  const options = message.poll?.options ?? []
  const voters = new Set(options.flatMap(({ voters: people }) => people))
  return [...voters].map(person => ({
    pollUpdateMessageKey: keyBy(message, person, message.whatsAppId, own),
    vote: {
      selectedOptions: options
        .filter(option => option.voters.includes(person))
        .map(({ name }) => hashOf(name))
    }
  }))
}

/** Who reacted last, and with what; an empty text where the last reaction was taken back. */
export const newestReaction = ({ reactions }: EventMessage) =>
  reactions.toSorted((a, b) => b.at - a.at)[0] ?? { sender: 'them', emoji: '', at: 0 }

/** The message, without its content. */
export const infoOf = (message: EventMessage, own: Own) => ({
  key: keyOf(message, own),
  messageTimestamp: secondsOf(message.tsClient),
  ...(message.senderName === null ? {} : { pushName: message.senderName }),
  broadcast: message.broadcast
})

/** `WebMessageInfo.StubType.REVOKE`. */
export const REVOKED_STUB = 1
