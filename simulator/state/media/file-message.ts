// A message with a file of the caller's, encrypted and on the media host, as the writer's phone would have put it there.
import { createHash, randomBytes } from 'node:crypto'
import type { proto } from '@whiskeysockets/baileys'
import { encryptMedia, type FileKind, sha256Of } from './encryption.ts'
import type { MediaStore } from './store.ts'

export interface FileOptions {
  readonly kind: FileKind
  readonly bytes: Uint8Array
  readonly mimetype?: string | undefined
  readonly fileName?: string | undefined
  readonly caption?: string | undefined
  /** What the message claims; the truth when left out. */
  readonly fileLength?: number | undefined
}

export const fileMessage = (store: MediaStore, options: FileOptions): proto.IMessage => {
  const { bytes, fileLength = bytes.length, kind, mimetype = 'application/octet-stream' } = options
  const mediaKey = randomBytes(32)
  const encrypted = encryptMedia(bytes, mediaKey, kind)
  const name = createHash('sha256').update(mediaKey).digest('hex').slice(0, 32)
  const directPath = `/v/t62.sim/${name}.enc`
  store.upload(directPath, encrypted)
  const file = {
    mimetype,
    mediaKey,
    directPath,
    fileLength,
    fileSha256: sha256Of(bytes),
    fileEncSha256: sha256Of(encrypted)
  }
  const caption = options.caption === undefined ? {} : { caption: options.caption }
  switch (kind) {
    case 'image':
      return { imageMessage: { ...file, ...caption } }
    case 'video':
      return { videoMessage: { ...file, ...caption } }
    case 'audio':
      return { audioMessage: file }
    case 'sticker':
      return { stickerMessage: file }
    case 'document': {
      const { fileName } = options
      const documentMessage = { ...file, ...caption, ...(fileName === undefined ? {} : { fileName }) }
      return options.caption === undefined
        ? { documentMessage }
        : { documentWithCaptionMessage: { message: { documentMessage } } }
    }
  }
}
