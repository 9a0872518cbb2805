// A file: image, video, audio, voice message, document or sticker, with its caption. The file is taken in before the
// entry is accepted and uploaded to WhatsApp when it is sent.
import { Effect, Schema } from 'effect'
import { MediaType, Target } from '../../../domain/outbox.ts'
import { inFileEnvelope } from '../../whatsapp/convert/file-envelope.ts'
import { partOfAlbum, type WireMessage } from '../../whatsapp/convert/outgoing.ts'
import { type Attachment, Attachments } from '../attachments.ts'
import { line, Text } from '../fields.ts'
import { refuse } from '../errors.ts'
import { extrasOnWire, MediaExtras, VOICE, withoutPicture } from '../preparation/extras.ts'
import { prepareFile } from '../preparation/prepare-file.ts'
import { defineKind, newMessage, type WirePlace } from './kind.ts'
import { mentions, optionalText, quoted, visibleText } from './parts.ts'

/** What a request says of a file that is downloaded. */
export const fileFields = {
  url: line(2048),
  type: Schema.optionalKey(MediaType),
  mimeType: Schema.optionalKey(line(100)),
  fileName: Schema.optionalKey(line(240)),
  caption: Schema.optionalKey(Text)
}

const Request = Schema.Struct({
  ...fileFields,
  /** Phones show it once. */
  viewOnce: Schema.optionalKey(Schema.Boolean)
})

export const StoredMedia = Schema.Struct({
  kind: Schema.Literal('media'),
  type: MediaType,
  /** The attachment's name: the SHA-256 of its content. */
  file: Schema.String,
  /** Bytes. */
  size: Schema.Finite,
  mimeType: Schema.String,
  fileName: optionalText,
  caption: optionalText,
  extras: Schema.optionalKey(MediaExtras),
  viewOnce: Schema.optionalKey(Schema.Boolean),
  /** The album that it is a part of. */
  album: Schema.optionalKey(Target),
  /** The mark of a file that is forwarded. */
  forwardingScore: Schema.optionalKey(Schema.Finite),
  mentions,
  quoted
})
type Stored = typeof StoredMedia.Type

/** A content type in WhatsApp's spelling: in lower case, with no parameter but the codecs of audio. */
const contentType = (given: string): string => {
  const [essence = '', ...parameters] = given
    .toLowerCase()
    .split(';')
    .map(part => part.trim())
  const codecs = parameters.map(part => /^codecs\s*=\s*"?([\w.,-]+)"?$/.exec(part)?.[1]).find(Boolean)
  return essence.startsWith('audio/') && codecs !== undefined ? `${essence}; codecs=${codecs}` : essence
}

/** The content type without its parameters. */
const essenceOf = (mimeType: string): string => mimeType.split(';')[0] ?? ''

/** What each type may be; a document may be anything. */
const MIME_TYPES: Readonly<Record<MediaType, RegExp>> = {
  image: /^image\/(jpeg|png|webp|gif)$/,
  video: /^video\/(mp4|3gpp|quicktime|webm)$/,
  audio: /^audio\/(aac|mp4|mpeg|mp3|amr|ogg|opus|wav|x-wav|webm)$/,
  voice: /^audio\/(ogg|opus|mp4|aac|mpeg|mp3|webm|wav|x-wav)$/,
  sticker: /^image\/(webp|png|jpeg|gif)$/,
  document: /^[\w.+-]+\/[\w.+-]+$/
}

const typeOf = (mimeType: string): MediaType =>
  mimeType === VOICE
    ? 'voice'
    : ((['image', 'video', 'audio'] as const).find(type => MIME_TYPES[type].test(essenceOf(mimeType))) ??
      'document')

/** As it is sent. Ogg holds nothing but Opus in WhatsApp's voice messages. */
const sentAs = (type: MediaType, mimeType: string): string =>
  type === 'voice' && essenceOf(mimeType) === 'audio/ogg' ? VOICE : mimeType

const WITH_CAPTION: ReadonlySet<MediaType> = new Set(['image', 'video', 'document'])
const SHOWN_ONCE: ReadonlySet<MediaType> = new Set(['image', 'video', 'voice'])

/** The content of a file that was taken in. `typeField` names the field that is wrong when file and type do not match. */
export const composeFile = Effect.fnUntraced(function* (
  typeField: string,
  attachment: Attachment,
  asked: {
    readonly [Field in 'type' | 'mimeType' | 'fileName' | 'caption' | 'viewOnce']?:
      | (typeof Request.Type)[Field]
      | undefined
  }
) {
  const mimeType = contentType(asked.mimeType ?? attachment.mimeType ?? 'application/octet-stream')
  const type = asked.type ?? typeOf(mimeType)
  if (!MIME_TYPES[type].test(essenceOf(mimeType))) {
    return yield* refuse(
      typeField,
      `${mimeType} cannot be sent as ${type}; leave the type out, or use document`
    )
  }
  const { caption, fileName = type === 'document' ? attachment.fileName : undefined } = asked
  if (caption !== undefined && !WITH_CAPTION.has(type)) {
    return yield* refuse('caption', `WhatsApp shows no caption with ${type}`)
  }
  if (asked.viewOnce === true && !SHOWN_ONCE.has(type)) {
    return yield* refuse('viewOnce', `WhatsApp does not show ${type} once`)
  }
  const {
    extras,
    file,
    mimeType: sentType,
    size
  } = yield* prepareFile(type, {
    ...attachment,
    mimeType: sentAs(type, mimeType)
  }).pipe(Effect.catch(({ reason }) => refuse(typeField, `The file cannot be sent as ${type}: ${reason}`)))
  return {
    kind: 'media' as const,
    type,
    file,
    size,
    mimeType: sentType,
    extras: asked.viewOnce === true ? withoutPicture(extras) : extras,
    ...(fileName === undefined ? {} : { fileName }),
    ...(caption === undefined ? {} : { caption: yield* visibleText('caption', caption) }),
    ...(asked.viewOnce === true ? { viewOnce: true } : {})
  }
})

/** The content of a file that is downloaded. `field` is the one of the request that names it. */
export const composeFromUrl = Effect.fnUntraced(function* (
  field: string,
  { url, ...asked }: typeof Request.Type
) {
  const attachments = yield* Attachments
  const attachment = yield* attachments
    .fetch(url)
    .pipe(Effect.catch(({ message }) => refuse(`${field}.url`, message)))
  return yield* composeFile(`${field}.type`, attachment, asked)
})

const WIRE_FIELD = {
  image: 'imageMessage',
  video: 'videoMessage',
  audio: 'audioMessage',
  voice: 'audioMessage',
  document: 'documentMessage',
  sticker: 'stickerMessage'
} as const satisfies Readonly<Record<MediaType, keyof WireMessage>>

/** The message before its file is uploaded: everything but where the file is. */
const wireMessage = (content: Stored, { accompanying, destination }: WirePlace): WireMessage => {
  const file = {
    mimetype: content.mimeType,
    fileLength: content.size,
    fileSha256: Buffer.from(content.file, 'hex'),
    ...(content.caption === undefined ? {} : { caption: content.caption }),
    ...(content.type === 'document' ? { fileName: content.fileName ?? 'file' } : {}),
    ...(content.type === 'voice' ? { ptt: true } : {}),
    ...extrasOnWire(content.extras ?? {}),
    ...accompanying
  }
  const message = inFileEnvelope({ [WIRE_FIELD[content.type]]: file }, content.viewOnce === true)
  return partOfAlbum(message, content.album, destination)
}

export const media = defineKind(StoredMedia, {
  ...newMessage,
  canMention: true,
  request: Request,
  compose: (asked: typeof Request.Type) => composeFromUrl('media', asked),
  publicName: ({ type }) => type,
  wire: (content, place) => ({
    as: 'upload',
    message: wireMessage(content, place),
    file: content.file,
    type: content.type
  }),
  redact: ({ mimeType, size, type }) => ({ kind: 'media', type, file: '', size, mimeType })
})
