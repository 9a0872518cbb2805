// One file from WhatsApp's media server into ours: the encrypted bytes go to disk as they come and are continued after an
// interruption, also one of this process. Nothing is decrypted that is not authentic, nothing is kept that has another hash.
import { createDecipheriv, createHash, createHmac, timingSafeEqual } from 'node:crypto'
import { Effect, Schedule, Schema, Stream } from 'effect'
import { mediaAddress } from '../../domain/media-address.ts'
import { type MediaKeys, mediaKeys } from '../whatsapp/phone/media-reupload.ts'
import { type HeldFile, MediaFiles, type MediaStorageError, PartialFiles } from './files.ts'

/** The media server does not have it there any more: the phone has to upload it again. */
export class MediaExpired extends Schema.TaggedError<MediaExpired>()('MediaExpired', {}) {}

/** It could not be fetched this time. */
export class MediaUnavailable extends Schema.TaggedError<MediaUnavailable>()('MediaUnavailable', {
  reason: Schema.String
}) {}

/** What was fetched is not the file that the message names. */
export class MediaCorrupt extends Schema.TaggedError<MediaCorrupt>()('MediaCorrupt', {
  reason: Schema.String
}) {}

/** It is larger than this server takes. */
export class MediaTooLarge extends Schema.TaggedError<MediaTooLarge>()('MediaTooLarge', {}) {}

export type DownloadError = MediaExpired | MediaUnavailable | MediaCorrupt | MediaTooLarge | MediaStorageError

/** What a message says about its file; hashes and key in base64. */
export interface MediaSource {
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
}

const MAC_BYTES = 10
/** What encryption adds to a file, at most. */
const ENCRYPTION_BYTES = 16 + MAC_BYTES
const ANSWER_TIMEOUT = '30 seconds'
/** A transfer may take as long as it needs while something comes. */
const SILENCE_TIMEOUT = '30 seconds'
/** An interrupted transfer is continued at once this often; the queue has patience for more. */
const CONTINUE = { schedule: Schedule.exponential('100 millis'), times: 3 }

/** The name under which the encrypted bytes wait: the same for every message with this upload, wherever it is now. */
export const partialNameOf = ({ fileEncSha256, mediaKey }: MediaSource): string =>
  createHash('sha256')
    .update(`${mediaKey} ${fileEncSha256 ?? ''}`)
    .digest('hex')

/** The content hash in hexadecimal, `undefined` when the message has none that can be one. */
export const contentHashOf = ({ fileSha256 }: Pick<MediaSource, 'fileSha256'>): string | undefined => {
  const bytes = Buffer.from(fileSha256 ?? '', 'base64')
  return bytes.length === 32 ? bytes.toString('hex') : undefined
}

const unavailable = (reason: string) => new MediaUnavailable({ reason })

const request = (url: URL, from: number) =>
  Effect.gen(function* () {
    const controller = yield* Effect.acquireRelease(
      Effect.sync(() => new AbortController()),
      opened => Effect.sync(() => opened.abort())
    )
    return yield* Effect.tryPromise({
      try: () =>
        fetch(url, {
          signal: controller.signal,
          redirect: 'error',
          headers: {
            Origin: 'https://web.whatsapp.com',
            // Whatever compresses on the way would make other bytes of it.
            'Accept-Encoding': 'identity',
            ...(from > 0 ? { Range: `bytes=${from}-` } : {})
          }
        }),
      catch: () => unavailable('the media server cannot be reached')
    }).pipe(
      Effect.timeoutOrElse({
        duration: ANSWER_TIMEOUT,
        orElse: () => Effect.fail(unavailable('the media server did not answer in time'))
      })
    )
  })

/** First byte and full size of an answer, as far as it says. */
const placeOf = (response: Response): { readonly start: number; readonly total: number | undefined } => {
  const [, start, total] =
    /^bytes (\d{1,15})-\d{1,15}\/(\d{1,15}|\*)$/.exec(response.headers.get('content-range') ?? '') ?? []
  if (response.status === 206) {
    return { start: Number(start), total: total === '*' ? undefined : Number(total) }
  }
  const length = response.headers.get('content-length')
  return { start: 0, total: length === null ? undefined : Number(length) }
}

const bodyOf = (
  response: Response,
  most: number
): Stream.Stream<Uint8Array, MediaUnavailable | MediaTooLarge> => {
  const { body } = response
  if (body === null) return Stream.fail(unavailable('the media server sent nothing'))
  let size = 0
  return Stream.fromReadableStream<Uint8Array, MediaUnavailable>({
    evaluate: () => body,
    onError: () => unavailable('the transfer was interrupted')
  }).pipe(
    Stream.timeoutOrElse({
      duration: SILENCE_TIMEOUT,
      orElse: () => Stream.fail(unavailable('the media server fell silent'))
    }),
    Stream.mapEffect(chunk => {
      size += chunk.length
      return size > most ? Effect.fail(new MediaTooLarge({})) : Effect.succeed(chunk)
    })
  )
}

export const makeDownload = (options: DownloadOptions) =>
  Effect.gen(function* () {
    const files = yield* MediaFiles
    const partials = yield* PartialFiles
    const largest = options.largest + ENCRYPTION_BYTES

    /** One request: what is there already is continued. */
    const transfer = (name: string, url: URL) =>
      Effect.gen(function* () {
        const have = yield* partials.size(name)
        const response = yield* request(url, have)
        const { status } = response
        if (status === 403 || status === 404 || status === 410) return yield* new MediaExpired({})
        if (status === 416) {
          // All of it is here; or it is another file by now, which its hash will tell.
          if (response.headers.get('content-range') === `bytes */${have}`) return
          yield* partials.remove(name)
          return yield* unavailable('the media server has another file there')
        }
        if (status !== 200 && status !== 206) return yield* unavailable(`the media server answered ${status}`)
        const { start, total } = placeOf(response)
        if (total !== undefined && total > largest) return yield* new MediaTooLarge({})
        if (start !== 0 && start !== have) {
          yield* partials.remove(name)
          return yield* unavailable('the media server answered with another part')
        }
        yield* partials.append(name, start, bodyOf(response, largest - start))
        const got = yield* partials.size(name)
        if (total !== undefined && got < total) return yield* unavailable('the transfer was interrupted')
      }).pipe(Effect.scoped)

    const isAuthentic = Effect.fnUntraced(function* (name: string, size: number, keys: MediaKeys) {
      const mac = createHmac('sha256', keys.macKey).update(keys.iv)
      yield* Stream.runForEach(partials.read(name, { start: 0, end: size - MAC_BYTES - 1 }), chunk =>
        Effect.sync(() => mac.update(chunk))
      )
      const told: Array<Uint8Array> = []
      yield* Stream.runForEach(partials.read(name, { start: size - MAC_BYTES, end: size - 1 }), chunk =>
        Effect.sync(() => told.push(chunk))
      )
      const code = mac.digest().subarray(0, MAC_BYTES)
      const tail = Buffer.concat(told)
      return tail.length === MAC_BYTES && timingSafeEqual(code, tail)
    })

    /** The keys under which the file is authentic. */
    const verified = Effect.fnUntraced(function* (name: string, source: MediaSource) {
      const size = yield* partials.size(name)
      if (size <= MAC_BYTES) return yield* new MediaCorrupt({ reason: 'there is nothing in it' })
      if (source.fileEncSha256 !== null) {
        const hash = createHash('sha256')
        yield* Stream.runForEach(partials.read(name, { start: 0, end: size - 1 }), chunk =>
          Effect.sync(() => hash.update(chunk))
        )
        if (hash.digest('base64') !== source.fileEncSha256) {
          return yield* new MediaCorrupt({ reason: 'the downloaded file is not the one the message names' })
        }
      }
      for (const keysFor of mediaKeys(source.messageType, source.mimeType, source.mediaKey)) {
        const keys = keysFor()
        if (yield* isAuthentic(name, size, keys)) return { keys, size }
      }
      return yield* new MediaCorrupt({ reason: 'the file fails its authentication code' })
    })

    const decrypted = (name: string, size: number, { cipherKey, iv }: MediaKeys) => {
      const corrupt = () => new MediaCorrupt({ reason: 'the file cannot be decrypted' })
      return Stream.suspend(() => {
        const decipher = createDecipheriv('aes-256-cbc', cipherKey, iv)
        const rest = Effect.try({ try: () => decipher.final(), catch: corrupt })
        return partials.read(name, { start: 0, end: size - MAC_BYTES - 1 }).pipe(
          Stream.mapEffect(chunk =>
            Effect.try({ try: (): Uint8Array => decipher.update(chunk), catch: corrupt })
          ),
          Stream.concat(Stream.fromEffect(rest))
        )
      })
    }

    const once = Effect.fnUntraced(function* (source: MediaSource) {
      const url = mediaAddress(source.directPath, options.mediaBase)
      if (url === undefined) return yield* new MediaExpired({})
      const name = partialNameOf(source)
      yield* transfer(name, url).pipe(
        Effect.retry({ while: error => error._tag === 'MediaUnavailable', ...CONTINUE }),
        Effect.catchTag('MediaTooLarge', error => Effect.andThen(partials.remove(name), Effect.fail(error)))
      )
      return yield* verified(name, source).pipe(
        Effect.flatMap(({ keys, size }) => files.write(decrypted(name, size, keys), contentHashOf(source))),
        Effect.catchTag('WrongContent', () =>
          Effect.fail(new MediaCorrupt({ reason: 'the decrypted file is not the one the message names' }))
        ),
        // Kept or broken, the encrypted bytes are of no more use; a disk that is full may try again with them.
        Effect.tap(() => partials.remove(name)),
        Effect.catchTag('MediaCorrupt', error => Effect.andThen(partials.remove(name), Effect.fail(error)))
      )
    })

    /** The file, kept. A broken one is fetched once more from its beginning: what was continued may have been two files. */
    const download = (source: MediaSource): Effect.Effect<HeldFile, DownloadError> =>
      once(source).pipe(Effect.catchTag('MediaCorrupt', () => once(source)))

    return download
  })

/** As messages say it. */
export const encodedHash = (file: string): string => Buffer.from(file, 'hex').toString('base64')
