// The compressed content of a history chunk: within its announcement, or from the media server, decrypted and verified.
import { createHash } from 'node:crypto'
import type { proto } from '@whiskeysockets/baileys'
import { Effect, Stream } from 'effect'
import { mediaAddress } from '../../../domain/media-address.ts'
import { decrypt, sameBytes } from '../media/decryption.ts'
import { encryptedBytesInMemory } from '../media/encrypted-bytes.ts'
import type { MediaExpired } from '../media/errors.ts'
import { expandMediaKey } from '../media/keys.ts'
import type { MediaServer } from '../media/server.ts'
import { transfer } from '../media/transfer.ts'
import { ChunkCorrupt, type ChunkError, ChunkUnavailable } from './errors.ts'

/** Bytes. A chunk of a phone is a few megabytes; this only stops what cannot be one. */
const LARGEST = 256 * 1024 * 1024
const TIMEOUT = '120 seconds'

const corrupt = (reason: string) => Effect.fail(new ChunkCorrupt({ reason }))
const unavailable = (reason: string) => Effect.fail(new ChunkUnavailable({ reason }))

/** A refusal may be of this moment only; what is not there any more has to be uploaded again. */
const expired = ({ status }: MediaExpired) =>
  status === 403
    ? unavailable('the media server answered 403')
    : corrupt(`the media server no longer has it (${status})`)

/** What both a history notification and a group's shared history say about their file. */
type AnnouncedFile = Pick<
  proto.Message.IHistorySyncNotification,
  'directPath' | 'fileEncSha256' | 'fileSha256' | 'mediaKey'
>

const download = Effect.fnUntraced(
  function* (url: URL, notice: AnnouncedFile, kind: 'History' | 'Group History', server: MediaServer) {
    const { fileEncSha256, fileSha256, mediaKey } = notice
    if (!mediaKey?.length) return yield* new ChunkCorrupt({ reason: 'the chunk has no key' })
    const encrypted = encryptedBytesInMemory()
    yield* transfer(url, encrypted, LARGEST, server.proxy).pipe(
      Effect.timeoutOrElse({
        duration: TIMEOUT,
        orElse: () => unavailable('the media server did not answer in time')
      })
    )
    const content = yield* decrypt(encrypted, {
      noun: 'chunk',
      fileEncSha256: fileEncSha256?.length ? fileEncSha256 : undefined,
      keys: [() => expandMediaKey(mediaKey, kind)]
    })
    const plain = Buffer.concat(yield* Stream.runCollect(content))
    if (fileSha256?.length && !sameBytes(createHash('sha256').update(plain).digest(), fileSha256))
      return yield* new ChunkCorrupt({ reason: 'the decrypted file is not the announced one' })
    return plain
  },
  Effect.catchTags({
    MediaExpired: expired,
    MediaUnavailable: ({ reason }) => unavailable(reason),
    MediaTooLarge: () => unavailable('the media server sent more than a chunk can be'),
    MediaCorrupt: ({ reason }) => corrupt(reason)
  })
)

/** The zlib-compressed `HistorySync` protobuf that the notification announces. */
export const compressedChunk = (
  notice: proto.Message.IHistorySyncNotification,
  server: MediaServer
): Effect.Effect<Uint8Array, ChunkError> => {
  const inline = notice.initialHistBootstrapInlinePayload
  if (inline?.length) return Effect.succeed(inline)
  const url = mediaAddress(notice.directPath ?? '', server.base)
  return url === undefined
    ? corrupt('the notification names no file')
    : download(url, notice, 'History', server)
}

/** The zlib-compressed `GroupHistory` protobuf that a member's message announces. */
export const compressedSharedHistory = (
  bundle: AnnouncedFile,
  server: MediaServer
): Effect.Effect<Uint8Array, ChunkError> => {
  const url = mediaAddress(bundle.directPath ?? '', server.base)
  return url === undefined
    ? corrupt('the message names no file')
    : download(url, bundle, 'Group History', server)
}
