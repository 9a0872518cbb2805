// Encrypts and uploads a file that is to be sent, and completes the message that names it. What the message says of the file
// is prepared before, so Baileys is kept from looking into it.
import { createReadStream } from 'node:fs'
import { type AnyMediaMessageContent, prepareWAMessageMedia, type proto } from '@whiskeysockets/baileys'
import { Effect } from 'effect'
import type { MediaType } from '../../domain/outbox.ts'
import { encodeOutgoing, type WireMessage, withMessageSecret } from './convert/outgoing.ts'
import { UploadFailed } from './errors.ts'
import type { OpenConnections } from './open-connections.ts'
import { withUploadTrouble } from './upload-trouble.ts'

/** A file to be sent, and its message: everything but where the file is. */
export interface OutgoingMedia {
  readonly type: MediaType
  readonly path: string
  readonly message: WireMessage
}

const UPLOAD_TIMEOUT_MS = 10 * 60_000

/** The file for Baileys. It would make up what is left out here. */
const fileContent = (type: MediaType, path: string): AnyMediaMessageContent => {
  const file = { stream: createReadStream(path) }
  switch (type) {
    case 'image':
      return { image: file, jpegThumbnail: '' }
    case 'video':
      return { video: file, jpegThumbnail: '' }
    case 'audio':
    case 'voice':
      return { audio: file, seconds: 0 }
    case 'sticker':
      return { sticker: file }
    case 'document':
      return { document: file, mimetype: 'application/octet-stream' }
  }
}

/** Where the file of a message is, and what it takes to read it. */
const uploadedIn = (message: proto.IMessage): object | undefined => {
  const { audioMessage, documentMessage, imageMessage, stickerMessage, videoMessage } = message
  const file = imageMessage ?? videoMessage ?? audioMessage ?? documentMessage ?? stickerMessage
  if (!file) return undefined
  const { directPath, fileEncSha256, fileLength, fileSha256, mediaKey, mediaKeyTimestamp, url } = file
  return { directPath, fileEncSha256, fileLength, fileSha256, mediaKey, mediaKeyTimestamp, url }
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null

/** The message with the place of its file, in whatever envelopes it is. */
const withUploaded = (message: object, uploaded: object): object =>
  Object.fromEntries(
    Object.entries(message).map(([field, part]: [string, unknown]) => {
      if (!isObject(part)) return [field, part]
      if ('fileSha256' in part) return [field, { ...part, ...uploaded }]
      return 'message' in part && isObject(part.message)
        ? [field, { ...part, message: withUploaded(part.message, uploaded) }]
        : [field, part]
    })
  )

export const makeUpload = (connections: OpenConnections) =>
  Effect.fn('WhatsApp.upload')(function* (accountId: string, { message, path, type }: OutgoingMedia) {
    const { socket } = yield* connections.get(accountId)
    const carrier = yield* Effect.tryPromise({
      try: () =>
        withUploadTrouble(() =>
          prepareWAMessageMedia(fileContent(type, path), {
            upload: socket.waUploadToServer,
            mediaUploadTimeoutMs: UPLOAD_TIMEOUT_MS
          })
        ),
      catch: cause => {
        const failed = connections.failed(accountId, socket, cause)
        return failed._tag === 'NotConfirmed'
          ? new UploadFailed({ reason: cause instanceof Error ? cause.message : 'unknown' })
          : failed
      }
    })
    const uploaded = uploadedIn(carrier)
    if (uploaded === undefined) return yield* new UploadFailed({ reason: 'Baileys answered with no file' })
    return encodeOutgoing(withMessageSecret(withUploaded(message, uploaded)))
  })
