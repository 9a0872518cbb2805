// The keys of a file on WhatsApp's media server: expanded from its media key and the kind of file it is.
import { hkdfSync } from 'node:crypto'

/** The kinds of files in messages, as WhatsApp writes them in the HKDF info. */
const MESSAGE_KINDS = ['Image', 'Video', 'Audio', 'Document', 'Sticker Pack'] as const
type MessageKind = (typeof MESSAGE_KINDS)[number]

const KIND_BY_TYPE: Readonly<Record<string, MessageKind>> = {
  image: 'Image',
  sticker: 'Image',
  product: 'Image',
  video: 'Video',
  audio: 'Audio',
  voice: 'Audio',
  document: 'Document',
  stickerPack: 'Sticker Pack'
}

const KIND_BY_MIME_FAMILY: Readonly<Record<string, MessageKind>> = {
  image: 'Image',
  video: 'Video',
  audio: 'Audio'
}

const kindByMimeType = (mimeType: string | null): MessageKind => {
  const [family = ''] = (mimeType ?? '').split('/')
  return (Object.hasOwn(KIND_BY_MIME_FAMILY, family) ? KIND_BY_MIME_FAMILY[family] : undefined) ?? 'Document'
}

const NO_SALT = new Uint8Array()

export interface MediaKeys {
  readonly iv: Uint8Array
  readonly cipherKey: Uint8Array
  readonly macKey: Uint8Array
}

/**
 * The keys of a file of this kind; `History` is a history chunk, `App State` a part of a collection of app state, `Group History`
 * the past of a group that a member shares.
 */
export const expandMediaKey = (
  mediaKey: Uint8Array,
  kind: MessageKind | 'History' | 'App State' | 'Group History'
): MediaKeys => {
  // WhatsApp names the last one without the words around it.
  const info = kind === 'Group History' ? kind : `WhatsApp ${kind} Keys`
  const expanded = new Uint8Array(hkdfSync('sha256', mediaKey, NO_SALT, info, 112))
  return {
    iv: expanded.subarray(0, 16),
    cipherKey: expanded.subarray(16, 48),
    macKey: expanded.subarray(48, 80)
  }
}

/**
 * The keys a message's file may be encrypted with, the likeliest first: pictures also come with messages that are no
 * pictures. The media key is in base64.
 */
export const candidateKeys = (
  messageType: string,
  mimeType: string | null,
  mediaKey: string
): ReadonlyArray<() => MediaKeys> => {
  const bytes = Buffer.from(mediaKey, 'base64')
  const byType = Object.hasOwn(KIND_BY_TYPE, messageType) ? KIND_BY_TYPE[messageType] : undefined
  const likeliest = byType ?? kindByMimeType(mimeType)
  return [likeliest, ...MESSAGE_KINDS.filter(kind => kind !== likeliest)].map(
    kind => () => expandMediaKey(bytes, kind)
  )
}
