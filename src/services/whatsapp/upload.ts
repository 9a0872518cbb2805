// Encrypts and uploads a file that is to be sent, and builds the message that carries it.
import { createReadStream } from 'node:fs'
import { type AnyMediaMessageContent, prepareWAMessageMedia, type proto } from '@whiskeysockets/baileys'
import { Effect } from 'effect'
import type { MediaType, Target } from '../../domain/outbox.ts'
import {
  contextOf,
  type Destination,
  encodeOutgoing,
  partOfAlbum,
  withMessageSecret
} from './convert/outgoing.ts'
import { inFileEnvelope } from './convert/file-envelope.ts'
import { NotConnected, UploadFailed } from './errors.ts'
import type { OpenConnections } from './open-connections.ts'

/** A file to be sent, with the content of its message. */
export interface OutgoingMedia {
  readonly type: MediaType
  readonly path: string
  readonly mimeType: string
  readonly fileName?: string | undefined
  readonly caption?: string | undefined
  readonly viewOnce?: boolean | undefined
  /** The album that it is a part of. */
  readonly album?: Target | undefined
  readonly mentions?: ReadonlyArray<string> | undefined
  readonly quoted?: Target | undefined
}

const UPLOAD_TIMEOUT_MS = 10 * 60_000

const mediaContent = (media: OutgoingMedia): AnyMediaMessageContent => {
  const file = { stream: createReadStream(media.path) }
  const mimetype = media.mimeType
  const caption = media.caption === undefined ? {} : { caption: media.caption }
  switch (media.type) {
    case 'image':
      return { image: file, mimetype, ...caption }
    case 'video':
      return { video: file, mimetype, ...caption }
    case 'audio':
      return { audio: file, mimetype }
    case 'voice':
      return { audio: file, mimetype, ptt: true }
    case 'sticker':
      return { sticker: file, mimetype }
    case 'document':
      return { document: file, mimetype, fileName: media.fileName ?? 'file', ...caption }
  }
}

/** Adds mentions and quote to the part of the message that carries the file. */
const addContext = (message: proto.IMessage, contextInfo: proto.IContextInfo): void => {
  for (const part of Object.values(message)) {
    if (typeof part === 'object' && part !== null && 'mediaKey' in part) Object.assign(part, { contextInfo })
  }
}

export const makeUpload = (connections: OpenConnections) =>
  Effect.fn('WhatsApp.upload')(function* (
    accountId: string,
    media: OutgoingMedia,
    destination: Destination,
    quotedMessage: Uint8Array | undefined
  ) {
    const { socket } = yield* connections.get(accountId)
    const message = yield* Effect.tryPromise({
      try: () =>
        prepareWAMessageMedia(mediaContent(media), {
          upload: socket.waUploadToServer,
          mediaUploadTimeoutMs: UPLOAD_TIMEOUT_MS
        }),
      catch: cause =>
        connections.isOpen(accountId, socket)
          ? new UploadFailed({ reason: cause instanceof Error ? cause.message : 'unknown' })
          : new NotConnected({})
    })
    const contextInfo = contextOf(media, destination, quotedMessage)
    if (contextInfo !== undefined) addContext(message, contextInfo)
    const sent = partOfAlbum(inFileEnvelope(message, media.viewOnce === true), media.album, destination)
    return encodeOutgoing(withMessageSecret(sent))
  })
