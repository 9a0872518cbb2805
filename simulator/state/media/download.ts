// A recipient opens the file a message points at, as any client does: fetched from the media host, compared with what the
// message says about it, and decrypted. Whatever is wrong with it is said in words.
import type { proto } from '@whiskeysockets/baileys'
import { unwrap } from '../messages/content.ts'
import { unshowable } from '../messages/details.ts'
import { decryptMedia, type MediaKind, sha256Of } from './encryption.ts'
import type { MediaStore } from './store.ts'

export interface ReceivedMedia {
  /** The size of the decrypted file and its hash, hexadecimal. */
  readonly mediaBytes?: number
  readonly sha256?: string
  readonly mediaError?: string
  /** Why phones cannot show the file, which arrived unharmed. */
  readonly unshowable?: string
}

interface FilePointer {
  readonly url?: string | null
  readonly directPath?: string | null
  readonly mediaKey?: Uint8Array | null
  readonly fileSha256?: Uint8Array | null
  readonly fileEncSha256?: Uint8Array | null
  readonly fileLength?: unknown
}

const pointerIn = (message: proto.IMessage): { kind: MediaKind; file: FilePointer } | undefined => {
  const { imageMessage, videoMessage, ptvMessage, audioMessage, documentMessage, stickerMessage } =
    unwrap(message)
  const candidates: readonly (readonly [MediaKind, FilePointer | null | undefined])[] = [
    ['image', imageMessage],
    ['video', videoMessage ?? ptvMessage],
    ['audio', audioMessage],
    ['document', documentMessage],
    ['sticker', stickerMessage]
  ]
  for (const [kind, file] of candidates) if (file) return { kind, file }
  return undefined
}

export const openMedia = (store: MediaStore, message: proto.IMessage): ReceivedMedia => {
  const found = pointerIn(message)
  if (!found) return {}
  try {
    const plain = download(store, found.kind, found.file)
    const reason = unshowable(message, plain)
    return {
      mediaBytes: plain.length,
      sha256: sha256Of(plain).toString('hex'),
      ...(reason === undefined ? {} : { unshowable: reason })
    }
  } catch (error) {
    return { mediaError: error instanceof Error ? error.message : String(error) }
  }
}

const download = (store: MediaStore, kind: MediaKind, file: FilePointer): Buffer => {
  const path = file.directPath ?? (file.url ? new URL(file.url).pathname : '')
  const encrypted = store.serve(new URL(path, 'http://media').pathname)
  if (!encrypted || encrypted === 'expired') throw new Error(`there is no file at ${path}`)
  if (!file.mediaKey?.length) throw new Error('the message carries no media key')
  if (!file.fileEncSha256 || !sha256Of(encrypted).equals(file.fileEncSha256)) {
    throw new Error('the encrypted file is not the one the message names')
  }
  const plain = decryptMedia(encrypted, Buffer.from(file.mediaKey), kind)
  if (!file.fileSha256 || !sha256Of(plain).equals(file.fileSha256)) {
    throw new Error('the file is not the one the message names')
  }
  if (Number(file.fileLength) !== plain.length) throw new Error('the message names another size')
  return plain
}
