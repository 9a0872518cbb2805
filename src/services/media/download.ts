// One file of a message into the media storage: what was transferred waits on disk, so that a transfer is continued even
// after a restart. A file is stored only when it is authentic and has the announced hash.
import { createHash } from 'node:crypto'
import { Effect } from 'effect'
import { mediaAddress } from '../../domain/media-address.ts'
import { decrypt, ENCRYPTION_BYTES } from '../whatsapp/media/decryption.ts'
import type { EncryptedBytes } from '../whatsapp/media/encrypted-bytes.ts'
import { MediaCorrupt, MediaExpired, type MediaTooLarge, MediaUnavailable } from '../whatsapp/media/errors.ts'
import { candidateKeys } from '../whatsapp/media/keys.ts'
import { transfer } from '../whatsapp/media/transfer.ts'
import type { AccountProxies } from '../whatsapp/proxy/account-proxies.ts'
import { type HeldFile, MediaFiles, type MediaStorageError, PartialFiles } from './files.ts'

export type DownloadError = MediaExpired | MediaUnavailable | MediaCorrupt | MediaTooLarge | MediaStorageError

/** What a message says about its file; hashes and key in base64. */
export interface MediaSource {
  readonly accountId: string
  readonly messageType: string
  readonly mimeType: string | null
  readonly directPath: string
  readonly mediaKey: string
  readonly fileSha256: string | null
  readonly fileEncSha256: string | null
}

export interface DownloadOptions {
  readonly mediaBase: URL
  /** Bytes. */
  readonly largest: number
  /** The address of the proxy of an account; `undefined` connects directly. */
  readonly proxyOf: AccountProxies['Service']['addressOf']
}

/** The name of the encrypted bytes: the same for every message with this upload, whatever path it has now. */
export const partialNameOf = ({ fileEncSha256, mediaKey }: MediaSource): string =>
  createHash('sha256')
    .update(`${mediaKey} ${fileEncSha256 ?? ''}`)
    .digest('hex')

/** The content hash in hexadecimal, `undefined` when the message has none that can be one. */
export const contentHashOf = ({ fileSha256 }: Pick<MediaSource, 'fileSha256'>): string | undefined => {
  const bytes = Buffer.from(fileSha256 ?? '', 'base64')
  return bytes.length === 32 ? bytes.toString('hex') : undefined
}

/** A content hash as messages write it. */
export const encodedHash = (file: string): string => Buffer.from(file, 'hex').toString('base64')

const partialFile = (partials: PartialFiles['Service'], name: string): EncryptedBytes<MediaStorageError> => ({
  size: partials.size(name),
  append: (at, content) => partials.append(name, at, content),
  read: range => partials.read(name, range),
  remove: partials.remove(name)
})

const announcementOf = ({ fileEncSha256, fileSha256, mediaKey, messageType, mimeType }: MediaSource) => ({
  noun: 'file' as const,
  fileEncSha256: fileEncSha256 === null ? undefined : Buffer.from(fileEncSha256, 'base64'),
  fileSha256: fileSha256 === null ? undefined : Buffer.from(fileSha256, 'base64'),
  keys: candidateKeys(messageType, mimeType, mediaKey)
})

const downloadOnce = Effect.fnUntraced(function* (
  files: MediaFiles['Service'],
  partials: PartialFiles['Service'],
  options: DownloadOptions,
  source: MediaSource
) {
  const url = mediaAddress(source.directPath, options.mediaBase)
  if (url === undefined) return yield* new MediaExpired({})
  const encrypted = partialFile(partials, partialNameOf(source))
  const proxy = yield* Effect.mapError(
    options.proxyOf(source.accountId),
    () => new MediaUnavailable({ reason: 'the proxy of the account cannot be read' })
  )
  yield* transfer(url, encrypted, options.largest + ENCRYPTION_BYTES, proxy)
  return yield* decrypt(encrypted, announcementOf(source)).pipe(
    Effect.flatMap(content => files.write(content, contentHashOf(source))),
    Effect.catchTag('WrongContent', () =>
      Effect.fail(new MediaCorrupt({ reason: 'the decrypted file is not the announced one' }))
    ),
    // Stored or broken, the encrypted bytes are not needed any more; after a full disk they are used again.
    Effect.tap(() => encrypted.remove),
    Effect.catchTag('MediaCorrupt', error => Effect.andThen(encrypted.remove, Effect.fail(error)))
  )
})

/** Downloads and stores a file. A broken one is fetched once more from its beginning: a continued transfer may have mixed two files. */
export const makeDownload = Effect.fnUntraced(function* (options: DownloadOptions) {
  const files = yield* MediaFiles
  const partials = yield* PartialFiles
  return (source: MediaSource): Effect.Effect<HeldFile, DownloadError> => {
    const once = downloadOnce(files, partials, options, source)
    return Effect.catchTag(once, 'MediaCorrupt', () => once)
  }
})
