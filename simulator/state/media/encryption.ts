// How WhatsApp encrypts files: AES-256-CBC and a truncated HMAC under keys expanded from the media key.
import { createCipheriv, createDecipheriv, createHash, createHmac } from 'node:crypto'
import { hkdf, MEDIA_HKDF_KEY_MAPPING } from '@whiskeysockets/baileys'

/** The kinds of files that messages carry. */
export type FileKind = 'image' | 'video' | 'audio' | 'document' | 'sticker'
/** `group-history` is the past of a group that a member shares. */
export type MediaKind = FileKind | 'md-msg-hist' | 'md-app-state' | 'group-history'

const MAC_LENGTH = 10

const keysFor = (mediaKey: Buffer, kind: MediaKind): { iv: Buffer; key: Buffer; macKey: Buffer } => {
  // The one kind that is named without the words around it.
  const info = kind === 'group-history' ? 'Group History' : `WhatsApp ${MEDIA_HKDF_KEY_MAPPING[kind]} Keys`
  const expanded = Buffer.from(hkdf(mediaKey, 112, { info }))
  return {
    iv: expanded.subarray(0, 16),
    key: expanded.subarray(16, 48),
    macKey: expanded.subarray(48, 80)
  }
}

export const encryptMedia = (plain: Uint8Array, mediaKey: Buffer, kind: MediaKind): Buffer => {
  const { iv, key, macKey } = keysFor(mediaKey, kind)
  const cipher = createCipheriv('aes-256-cbc', key, iv)
  const encrypted = Buffer.concat([cipher.update(plain), cipher.final()])
  const mac = createHmac('sha256', macKey).update(iv).update(encrypted).digest()
  return Buffer.concat([encrypted, mac.subarray(0, MAC_LENGTH)])
}

/** Throws when the file was not encrypted with this key for this kind. */
export const decryptMedia = (encrypted: Buffer, mediaKey: Buffer, kind: MediaKind): Buffer => {
  const { iv, key, macKey } = keysFor(mediaKey, kind)
  const body = encrypted.subarray(0, -MAC_LENGTH)
  const mac = createHmac('sha256', macKey).update(iv).update(body).digest()
  if (!mac.subarray(0, MAC_LENGTH).equals(encrypted.subarray(-MAC_LENGTH))) {
    throw new Error('the file is encrypted with another key')
  }
  const decipher = createDecipheriv('aes-256-cbc', key, iv)
  return Buffer.concat([decipher.update(body), decipher.final()])
}

export const sha256Of = (bytes: Uint8Array): Buffer => createHash('sha256').update(bytes).digest()

/** The file with its first bytes overwritten, as a fault asks; the file itself is not changed. */
export const damaged = (file: Buffer): Buffer => {
  const copy = Buffer.from(file)
  copy.fill(0x2a, 0, Math.min(64, copy.length))
  return copy
}
