// Fetches a history chunk by its notification, checks and decrypts it, and hands it over conversation by conversation.
// Our own download instead of Baileys': no event buffer, no message mutex held, bounded memory, errors as values.
import { createDecipheriv, createHash, createHmac, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'
import { inflate } from 'node:zlib'
import { getMediaKeys, proto } from '@whiskeysockets/baileys'
import { Effect, Schema } from 'effect'
import type { Fact } from '../../domain/fact.ts'
import { type DecodedConversation, decodedConversation, peopleOfChunk } from './convert/chunk.ts'
import type { Self } from './convert/message.ts'

/** The chunk could not be fetched this time; it may still be there. */
export class ChunkUnavailable extends Schema.TaggedError<ChunkUnavailable>()('ChunkUnavailable', {
  reason: Schema.String
}) {}

/** What was fetched is not the chunk that was announced, or it is gone. */
export class ChunkCorrupt extends Schema.TaggedError<ChunkCorrupt>()('ChunkCorrupt', {
  reason: Schema.String
}) {}

/** A chunk ready to be stored; `conversations` converts one conversation at a time, when asked for it. */
export interface DecodedChunk {
  readonly people: ReadonlyArray<Fact>
  readonly conversations: Iterable<DecodedConversation>
  /** The request of ours that it answers. */
  readonly requestId: string | undefined
}

/** Bytes. A chunk of a phone is a few megabytes; these bounds only stop what cannot be one. */
const LARGEST_DOWNLOAD = 256 * 1024 * 1024
const LARGEST_INFLATED = 1024 * 1024 * 1024
const DOWNLOAD_TIMEOUT = '2 minutes'
const MAC_LENGTH = 10

const inflated = promisify<Buffer, { maxOutputLength: number }, Buffer>(inflate)

const download = (url: URL) =>
  Effect.tryPromise({
    try: async signal => {
      const response = await fetch(url, { signal, headers: { Origin: 'https://web.whatsapp.com' } })
      if (response.status === 404 || response.status === 410) {
        throw new ChunkCorrupt({ reason: `the media server no longer has it (${response.status})` })
      }
      if (!response.ok || response.body === null) {
        throw new Error(`the media server answered ${response.status}`)
      }
      const parts: Array<Uint8Array> = []
      let size = 0
      for await (const part of response.body) {
        size += part.byteLength
        if (size > LARGEST_DOWNLOAD) throw new Error('the media server sent more than a chunk can be')
        parts.push(part)
      }
      return Buffer.concat(parts, size)
    },
    catch: cause =>
      cause instanceof ChunkCorrupt
        ? cause
        : new ChunkUnavailable({ reason: cause instanceof Error ? cause.message : 'the download failed' })
  }).pipe(
    Effect.timeoutOrElse({
      duration: DOWNLOAD_TIMEOUT,
      orElse: () => Effect.fail(new ChunkUnavailable({ reason: 'the media server did not answer in time' }))
    })
  )

const sameBytes = (a: Uint8Array, b: Uint8Array): boolean => a.length === b.length && timingSafeEqual(a, b)

const decrypt = (blob: Buffer, notice: proto.Message.IHistorySyncNotification) =>
  Effect.tryPromise({
    try: async () => {
      if (
        notice.fileEncSha256?.length &&
        !sameBytes(createHash('sha256').update(blob).digest(), notice.fileEncSha256)
      ) {
        throw new Error('the downloaded file is not the announced one')
      }
      if (blob.length <= MAC_LENGTH || !notice.mediaKey?.length)
        throw new Error('the chunk has no key or no content')
      const { iv, cipherKey, macKey } = await getMediaKeys(notice.mediaKey, 'md-msg-hist')
      if (!macKey) throw new Error('the media key gives no MAC key')
      const body = blob.subarray(0, -MAC_LENGTH)
      const mac = createHmac('sha256', macKey).update(iv).update(body).digest().subarray(0, MAC_LENGTH)
      if (!sameBytes(mac, blob.subarray(-MAC_LENGTH)))
        throw new Error('the chunk fails its authentication code')
      const decipher = createDecipheriv('aes-256-cbc', cipherKey, iv)
      const plain = Buffer.concat([decipher.update(body), decipher.final()])
      if (
        notice.fileSha256?.length &&
        !sameBytes(createHash('sha256').update(plain).digest(), notice.fileSha256)
      ) {
        throw new Error('the decrypted file is not the announced one')
      }
      return plain
    },
    catch: cause => new ChunkCorrupt({ reason: cause instanceof Error ? cause.message : 'decryption failed' })
  })

const decode = (compressed: Uint8Array) =>
  Effect.tryPromise({
    try: async () =>
      proto.HistorySync.decode(
        await inflated(Buffer.from(compressed), { maxOutputLength: LARGEST_INFLATED })
      ),
    catch: cause =>
      new ChunkCorrupt({
        reason: `the chunk cannot be decoded (${cause instanceof Error ? cause.message : 'unknown'})`
      })
  })

/** The request of ours that an announced chunk answers. */
export const requestIdOf = (notification: Uint8Array): string | undefined =>
  proto.Message.HistorySyncNotification.decode(notification).peerDataRequestSessionId || undefined

/**
 * Reads the chunk that a stored `HistorySyncNotification` announces: inline, or from the media server at `mediaBase`.
 * Fails with `ChunkUnavailable` (try again) or `ChunkCorrupt` (try again too: the phone may upload it anew).
 */
export const readChunk = Effect.fn('WhatsApp.readChunk')(function* (
  self: Self,
  notification: Uint8Array,
  mediaBase: URL
) {
  const notice = proto.Message.HistorySyncNotification.decode(notification)
  const inline = notice.initialHistBootstrapInlinePayload
  let compressed: Uint8Array
  if (inline?.length) {
    compressed = inline
  } else {
    const path = notice.directPath ?? ''
    if (!path.startsWith('/') || path.startsWith('//')) {
      return yield* new ChunkCorrupt({ reason: 'the notification names no file' })
    }
    compressed = yield* decrypt(yield* download(new URL(path, mediaBase)), notice)
  }
  const chunk = yield* decode(compressed)
  const decoded: DecodedChunk = {
    people: peopleOfChunk(chunk),
    conversations: (function* () {
      for (const conversation of chunk.conversations ?? []) {
        const decoded = decodedConversation(self, conversation)
        if (decoded !== undefined) yield decoded
      }
    })(),
    requestId: notice.peerDataRequestSessionId || undefined
  }
  return decoded
})
