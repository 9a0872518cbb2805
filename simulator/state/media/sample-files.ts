// Small real files of each kind for generated messages, made from random numbers.
import { deflateSync } from 'node:zlib'
import type { Random } from '../random.ts'
import type { FileKind } from './encryption.ts'

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

/** How a file of each kind is made. */
export const SAMPLE_FILES = {
  image: { mimetype: 'image/png', make: png },
  sticker: { mimetype: 'image/webp', make: webp },
  video: { mimetype: 'video/mp4', make: mp4 },
  audio: { mimetype: 'audio/wav', make: wav },
  document: { mimetype: 'application/pdf', make: pdf }
} as const satisfies Readonly<
  Record<FileKind, { readonly mimetype: string; readonly make: (random: Random) => Buffer }>
>
