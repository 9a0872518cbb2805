// Small real files of each kind for generated messages, encrypted the way WhatsApp encrypts media. A phone's history draws
// from a few files per kind, so that their hashes are computed once and not once a message.
import { createCipheriv, createDecipheriv, createHash, createHmac } from 'node:crypto'
import { deflateSync } from 'node:zlib'
import { hkdf, MEDIA_HKDF_KEY_MAPPING } from '@whiskeysockets/baileys'
import type { MediaStore } from './store.ts'
import { Random } from '../random.ts'

export type MediaKind = 'image' | 'video' | 'audio' | 'document' | 'sticker' | 'md-msg-hist'

export interface MediaFile {
  readonly mediaKey: Buffer
  readonly fileSha256: Buffer
  readonly fileEncSha256: Buffer
  readonly fileLength: number
  readonly directPath: string
  readonly mimetype: string
}

const MAC_LENGTH = 10

const keysFor = (mediaKey: Buffer, kind: MediaKind): { iv: Buffer; key: Buffer; macKey: Buffer } => {
  const info = `WhatsApp ${MEDIA_HKDF_KEY_MAPPING[kind]} Keys`
  const expanded = Buffer.from(hkdf(mediaKey, 112, { info }))
  return {
    iv: expanded.subarray(0, 16),
    key: expanded.subarray(16, 48),
    macKey: expanded.subarray(48, 80)
  }
}

/** AES-256-CBC and a truncated HMAC under keys expanded from the media key. */
export const encryptMedia = (plain: Uint8Array, mediaKey: Buffer, kind: MediaKind): Buffer => {
  const { iv, key, macKey } = keysFor(mediaKey, kind)
  const cipher = createCipheriv('aes-256-cbc', key, iv)
  const encrypted = Buffer.concat([cipher.update(plain), cipher.final()])
  const mac = createHmac('sha256', macKey).update(iv).update(encrypted).digest()
  return Buffer.concat([encrypted, mac.subarray(0, MAC_LENGTH)])
}

/** The other way round; throws when the file was not made with this key for this kind. */
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

const crcTable = Array.from({ length: 256 }, (_, n) => {
  let c = n
  for (let k = 0; k < 8; k++) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1
  return c >>> 0
})

const crc32 = (bytes: Buffer): number => {
  let c = 0xffffffff
  for (const byte of bytes) c = (crcTable[(c ^ byte) & 255] ?? 0) ^ (c >>> 8)
  return (c ^ 0xffffffff) >>> 0
}

const png = (random: Random): Buffer => {
  const size = 8
  const chunk = (type: string, data: Buffer): Buffer => {
    const body = Buffer.concat([Buffer.from(type, 'latin1'), data])
    const head = Buffer.alloc(4)
    head.writeUInt32BE(data.length)
    const tail = Buffer.alloc(4)
    tail.writeUInt32BE(crc32(body))
    return Buffer.concat([head, body, tail])
  }
  const header = Buffer.alloc(13)
  header.writeUInt32BE(size, 0)
  header.writeUInt32BE(size, 4)
  header.set([8, 2, 0, 0, 0], 8)
  const rows = Array.from({ length: size }, () => Buffer.concat([Buffer.of(0), random.bytes(size * 3)]))
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(Buffer.concat(rows))),
    chunk('IEND', Buffer.alloc(0))
  ])
}

const wav = (random: Random): Buffer => {
  const samples = random.bytes(800)
  const header = Buffer.alloc(44)
  header.write('RIFF', 0, 'latin1')
  header.writeUInt32LE(36 + samples.length, 4)
  header.write('WAVEfmt ', 8, 'latin1')
  header.writeUInt32LE(16, 16)
  header.writeUInt16LE(1, 20)
  header.writeUInt16LE(1, 22)
  header.writeUInt32LE(8000, 24)
  header.writeUInt32LE(8000, 28)
  header.writeUInt16LE(1, 32)
  header.writeUInt16LE(8, 34)
  header.write('data', 36, 'latin1')
  header.writeUInt32LE(samples.length, 40)
  return Buffer.concat([header, samples])
}

const pdf = (random: Random): Buffer =>
  Buffer.from(
    `%PDF-1.1\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n` +
      `3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 99 99]>>endobj\n% ${random.digits(32)}\ntrailer<</Root 1 0 R>>\n%%EOF\n`
  )

/** An MP4 with a header and no track: enough for a demuxer to say how long it is. */
const mp4 = (random: Random): Buffer => {
  const box = (type: string, ...parts: Buffer[]): Buffer => {
    const body = Buffer.concat(parts)
    const head = Buffer.alloc(8)
    head.writeUInt32BE(8 + body.length)
    head.write(type, 4, 'latin1')
    return Buffer.concat([head, body])
  }
  const header = Buffer.alloc(100)
  header.writeUInt32BE(1000, 12)
  header.writeUInt32BE(3000, 16)
  header.writeUInt32BE(0x00010000, 20)
  header.writeUInt16BE(0x0100, 24)
  for (const [place, value] of [
    [36, 0x00010000],
    [52, 0x00010000],
    [68, 0x40000000]
  ] as const) {
    header.writeUInt32BE(value, place)
  }
  header.writeUInt32BE(1, 96)
  return Buffer.concat([
    box('ftyp', Buffer.from('isom\0\0\x02\0isommp42', 'latin1')),
    box('moov', box('mvhd', header)),
    box('free', random.bytes(600))
  ])
}

/** A WebP of one pixel; what makes each different is in a chunk readers skip. */
const webp = (random: Random): Buffer => {
  const pixel = Buffer.from('UklGRhoAAABXRUJQVlA4TA0AAAAvAAAAEAcQERGIiP4HAA==', 'base64')
  const extra = Buffer.concat([Buffer.from('SIMV'), Buffer.from([64, 0, 0, 0]), random.bytes(64)])
  const file = Buffer.concat([pixel, extra])
  file.writeUInt32LE(file.length - 8, 4)
  return file
}

const MAKERS = {
  image: { mimetype: 'image/png', make: png },
  sticker: { mimetype: 'image/webp', make: webp },
  video: { mimetype: 'video/mp4', make: mp4 },
  audio: { mimetype: 'audio/wav', make: wav },
  document: { mimetype: 'application/pdf', make: pdf }
} as const

export type FileKind = keyof typeof MAKERS

const VARIANTS = 8

/** The files one phone's history draws from; each is made when first used and made again for each download. */
export class MediaPool {
  private readonly files = new Map<string, MediaFile>()
  private readonly seed: string
  private readonly store: MediaStore

  constructor(seed: string, store: MediaStore) {
    this.seed = seed
    this.store = store
  }

  file(kind: FileKind, random: Random): MediaFile {
    const name = `${kind}-${random.between(0, VARIANTS)}`
    let file = this.files.get(name)
    if (!file) this.files.set(name, (file = this.make(kind, name)))
    return file
  }

  private make(kind: FileKind, name: string): MediaFile {
    const { mimetype, make } = MAKERS[kind]
    const build = (): { plain: Buffer; mediaKey: Buffer; encrypted: Buffer } => {
      const random = new Random(this.seed, name)
      const mediaKey = random.bytes(32)
      const plain = make(random)
      return { plain, mediaKey, encrypted: encryptMedia(plain, mediaKey, kind) }
    }
    const { plain, mediaKey, encrypted } = build()
    const directPath = `/v/t62.sim/${sha256Of(Buffer.from(`${this.seed}/${name}`))
      .toString('hex')
      .slice(0, 32)}.enc`
    this.store.offer(directPath, () => build().encrypted)
    return {
      mediaKey,
      fileSha256: sha256Of(plain),
      fileEncSha256: sha256Of(encrypted),
      fileLength: plain.length,
      directPath,
      mimetype
    }
  }
}
