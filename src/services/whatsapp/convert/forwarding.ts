// The copy of a stored message that is sent on to another chat.
import { proto } from '@whiskeysockets/baileys/WAProto/index.js'
import type { Message } from '../../../domain/message.ts'
import { inFileEnvelope } from './file-envelope.ts'
import type { Accompanying, WireMessage } from './outgoing.ts'
import { scoreAfter } from './forwarded-mark.ts'
import { unwrap } from './unwrap.ts'

/** Fields of `Message` that are sent on, with what belongs to them. What is not here is sent as its text, if it has one. */
const FORWARDED_FIELDS = [
  'imageMessage',
  'videoMessage',
  'ptvMessage',
  'audioMessage',
  'documentMessage',
  'stickerMessage',
  'locationMessage',
  'contactMessage',
  'contactsArrayMessage',
  'pollCreationMessage',
  'pollCreationMessageV2',
  'pollCreationMessageV3',
  'pollCreationMessageV5'
] as const satisfies ReadonlyArray<keyof proto.IMessage>
type ForwardedField = (typeof FORWARDED_FIELDS)[number]

/** What stays in the old chat: whom it answers and mentions, the key of its votes. */
const LEFT_BEHIND: ReadonlySet<string> = new Set(['contextInfo', 'encKey', 'viewOnce'])
/** What describes one file and not another one of the same picture. */
const OF_ONE_FILE: ReadonlySet<string> = new Set([
  'firstScanSidecar',
  'firstScanLength',
  'scansSidecar',
  'scanLengths',
  'midQualityFileSha256',
  'midQualityFileEncSha256',
  'streamingSidecar'
])
const WITH_CAPTION: ReadonlySet<ForwardedField> = new Set([
  'imageMessage',
  'videoMessage',
  'ptvMessage',
  'documentMessage'
])

const without = (part: object, fields: ReadonlySet<string>): object =>
  Object.fromEntries(Object.entries(part).filter(([name, value]) => !fields.has(name) && value !== null))

const bytes = (base64: string | null): Uint8Array | null =>
  base64 === null ? null : Buffer.from(base64, 'base64')

/** Where the file is now, which the message itself may not know: it came in better quality, or was uploaded again. */
const fileNow = (part: object, media: NonNullable<Message['media']>): object => {
  const { download, height, mimeType, size, whatsAppId, width } = media
  if (download === null) return part
  const isMoved = !('directPath' in part) || part.directPath !== download.directPath
  return {
    ...without(part, whatsAppId === null ? new Set() : OF_ONE_FILE),
    directPath: download.directPath,
    mediaKey: bytes(download.mediaKey),
    fileSha256: bytes(download.fileSha256),
    fileEncSha256: bytes(download.fileEncSha256),
    mimetype: mimeType,
    fileLength: size,
    ...(isMoved ? { url: null } : {}),
    ...(width === null || height === null ? {} : { width, height })
  }
}

type Source = Pick<Message, 'body' | 'direction' | 'media' | 'poll'>

/** What the message says by now, in the part that carries it. */
const partNow = (field: ForwardedField, part: object, { body, media, poll }: Source): object => ({
  ...(media === null ? part : fileNow(part, media)),
  ...(WITH_CAPTION.has(field) ? { caption: body } : {}),
  ...(poll === null
    ? {}
    : { name: poll.question, options: poll.options.map(({ name }) => ({ optionName: name })) })
})

const textNow = ({ extendedTextMessage }: proto.IMessage, body: string): object =>
  // With its preview, as long as it is the same text.
  extendedTextMessage?.text === body ? without(extendedTextMessage, LEFT_BEHIND) : { text: body }

export interface ForwardedCopy {
  /** Encoded, without context and envelopes. */
  readonly message: Uint8Array
  readonly forwardingScore: number | undefined
}

const infoOf = (part: unknown): proto.IContextInfo =>
  typeof part === 'object' && part !== null && 'contextInfo' in part && part.contextInfo instanceof Object
    ? part.contextInfo
    : {}

/** The copy of a stored message, `encoded` as it came; `undefined` if there is nothing in it that can be sent on. */
export const forwardedCopy = (encoded: Uint8Array, source: Source): ForwardedCopy | undefined => {
  const { message } = unwrap(proto.Message.decode(encoded), encoded)
  const field = FORWARDED_FIELDS.find(name => message[name])
  const isOwn = source.direction === 'outbound'
  if (field !== undefined) {
    const part: object = message[field] ?? {}
    const copy = { [field]: partNow(field, without(part, LEFT_BEHIND), source) }
    return { message: encode(copy), forwardingScore: scoreAfter(infoOf(part), isOwn) }
  }
  if (!source.body) return undefined
  const infos = Object.values(message).map(infoOf)
  const info = infos.find(found => Object.keys(found).length > 0) ?? {}
  const copy = { extendedTextMessage: textNow(message, source.body) }
  return { message: encode(copy), forwardingScore: scoreAfter(info, isOwn) }
}

const encode = (copy: object): Uint8Array => proto.Message.encode(proto.Message.fromObject(copy)).finish()

/** The copy on the wire, with what accompanies it in the new chat. */
export const forwardedMessage = (encoded: Uint8Array, accompanying: Accompanying): WireMessage => {
  const message = proto.Message.decode(encoded)
  const parts = Object.entries(message).filter(([, part]) => part instanceof Object)
  const copy = Object.fromEntries(
    parts.map(([field, part]: [string, object]) => [field, { ...part, ...accompanying }])
  )
  return inFileEnvelope(proto.Message.fromObject(copy), false)
}
