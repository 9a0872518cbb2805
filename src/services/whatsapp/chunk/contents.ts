// What is in a history chunk: fetched, checked against its announcement, decrypted, decoded and converted. Nothing here
// knows the store or Effect, so that it can be done in a thread of its own.
import { createDecipheriv, createHash, createHmac, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'
import { inflate } from 'node:zlib'
import { getMediaKeys, proto } from '@whiskeysockets/baileys'
import type { Fact } from '../../../domain/fact.ts'
import { mediaAddress } from '../../../domain/media-address.ts'
import { type DecodedConversation, decodedConversation, peopleOfChunk } from '../convert/chunk.ts'
import type { Self } from '../convert/message.ts'
import { ChunkError, downloadChunk } from './download.ts'

/** What a chunk says; each conversation is converted when it is asked for, once. */
export interface Converted {
  readonly people: ReadonlyArray<Fact>
  readonly conversations: Iterable<DecodedConversation>
}

/** Bytes. A chunk of a phone is a few megabytes; this only stops what cannot be one. */
const LARGEST_INFLATED = 1024 * 1024 * 1024
const MAC_LENGTH = 10

const inflated = promisify<Uint8Array, { maxOutputLength: number }, Buffer>(inflate)

const sameBytes = (a: Uint8Array, b: Uint8Array): boolean => a.length === b.length && timingSafeEqual(a, b)

const decrypted = async (
  blob: Uint8Array,
  notice: proto.Message.IHistorySyncNotification
): Promise<Uint8Array> => {
  if (
    notice.fileEncSha256?.length &&
    !sameBytes(createHash('sha256').update(blob).digest(), notice.fileEncSha256)
  ) {
    throw new Error('the downloaded file is not the announced one')
  }
  if (blob.length <= MAC_LENGTH || !notice.mediaKey?.length)
    throw new Error('the chunk has no key or no content')
  const { cipherKey, iv, macKey } = await getMediaKeys(notice.mediaKey, 'md-msg-hist')
  if (!macKey) throw new Error('the media key gives no MAC key')
  const body = blob.subarray(0, -MAC_LENGTH)
  const mac = createHmac('sha256', macKey).update(iv).update(body).digest().subarray(0, MAC_LENGTH)
  if (!sameBytes(mac, blob.subarray(-MAC_LENGTH))) throw new Error('the chunk fails its authentication code')
  const decipher = createDecipheriv('aes-256-cbc', cipherKey, iv)
  const plain = Buffer.concat([decipher.update(body), decipher.final()])
  if (
    notice.fileSha256?.length &&
    !sameBytes(createHash('sha256').update(plain).digest(), notice.fileSha256)
  ) {
    throw new Error('the decrypted file is not the announced one')
  }
  return plain
}

const decoded = async (compressed: Uint8Array): Promise<proto.IHistorySync> => {
  try {
    return proto.HistorySync.decode(await inflated(compressed, { maxOutputLength: LARGEST_INFLATED }))
  } catch (cause) {
    throw new Error(`the chunk cannot be decoded (${cause instanceof Error ? cause.message : 'unknown'})`, {
      cause
    })
  }
}

/** What is needed to read a chunk. */
export interface ReadingTask {
  readonly self: Self
  /** The encoded `HistorySyncNotification` that announces it. */
  readonly notification: Uint8Array
  /** Where WhatsApp's media server is. */
  readonly mediaBase: string
}

const compressedChunk = async (
  { mediaBase, notification }: ReadingTask,
  aborted?: AbortSignal
): Promise<Uint8Array> => {
  const notice = proto.Message.HistorySyncNotification.decode(notification)
  const inline = notice.initialHistBootstrapInlinePayload
  if (inline?.length) return inline
  const url = mediaAddress(notice.directPath ?? '', new URL(mediaBase))
  if (url === undefined) throw new Error('the notification names no file')
  return decrypted(await downloadChunk(url, aborted), notice)
}

function* converted(self: Self, chunk: proto.IHistorySync): Generator<DecodedConversation> {
  for (const conversation of chunk.conversations ?? []) {
    const decoded = decodedConversation(self, conversation)
    // A chunk is large: what is converted need not be kept.
    conversation.messages = []
    if (decoded !== undefined) yield decoded
  }
}

/** Reads a chunk, inline or from the media server; rejects with a `ChunkError`. */
export const readChunk = async (task: ReadingTask, aborted?: AbortSignal): Promise<Converted> => {
  try {
    const chunk = await decoded(await compressedChunk(task, aborted))
    return { people: peopleOfChunk(chunk), conversations: converted(task.self, chunk) }
  } catch (cause) {
    if (cause instanceof ChunkError) throw cause
    throw new ChunkError('for ever', cause instanceof Error ? cause.message : 'it cannot be read')
  }
}
