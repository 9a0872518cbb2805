// Media files in a bucket of Firebase Storage: media/<sha-256>. A file is written to this machine first, where its hash
// is told, and appears in the bucket complete or not at all.
import { pipeline } from 'node:stream/promises'
import { Readable } from 'node:stream'
import { Effect, Layer, Stream } from 'effect'
import type { Storage } from 'firebase-admin/storage'
import { type ByteRange, MediaFiles, MediaStorageError } from '../media/files.ts'
import { FirebaseApp, type FirebaseSetup, setupError } from './app.ts'

type Bucket = ReturnType<Storage['bucket']>

const FOLDER = 'media/'
const FILE = /^media\/([0-9a-f]{64})$/
const PAGE = 1000

const trying = <A>(work: () => Promise<A>): Effect.Effect<A, MediaStorageError> =>
  Effect.tryPromise({ try: work, catch: cause => new MediaStorageError({ cause }) })

const isMissing = (cause: unknown): boolean =>
  typeof cause === 'object' && cause !== null && 'code' in cause && Number(cause.code) === 404

const filesIn = (bucket: Bucket, local: MediaFiles['Service']) => {
  const named = (file: string) => bucket.file(`${FOLDER}${file}`)

  const sizeInBucket = (file: string) =>
    trying(async () => {
      try {
        const [metadata] = await named(file).getMetadata()
        return Number(metadata.size)
      } catch (cause) {
        if (isMissing(cause)) return undefined
        throw cause
      }
    })

  /** Files from before there was a bucket are still in the folder. */
  const size = (file: string) =>
    Effect.filterOrElse(
      local.size(file),
      here => here !== undefined,
      () => sizeInBucket(file)
    )

  const readFromBucket = (file: string, range?: ByteRange): Stream.Stream<Uint8Array, MediaStorageError> =>
    range !== undefined && range.end < range.start
      ? Stream.empty
      : Stream.suspend(() =>
          Stream.fromAsyncIterable<Uint8Array, MediaStorageError>(
            named(file).createReadStream({ ...range, validation: false }),
            cause => new MediaStorageError({ cause })
          )
        )

  const read = (file: string, range?: ByteRange): Stream.Stream<Uint8Array, MediaStorageError> =>
    Stream.unwrap(
      Effect.map(local.size(file), here =>
        here === undefined ? readFromBucket(file, range) : local.read(file, range)
      )
    )

  const upload = (file: string) =>
    Effect.flatMap(Stream.toAsyncIterableEffect(local.read(file)), content =>
      trying(() =>
        pipeline(
          Readable.from(content),
          named(file).createWriteStream({
            // The hash of what arrived is compared with that of what was sent.
            validation: 'md5',
            resumable: false,
            contentType: 'application/octet-stream',
            metadata: { cacheControl: 'private, max-age=31536000, immutable' }
          })
        )
      )
    )

  return MediaFiles.of({
    size,
    read,
    write: Effect.fnUntraced(function* (content, expected) {
      const held = yield* local.write(content, expected)
      return yield* Effect.as(upload(held.file), held).pipe(
        Effect.ensuring(Effect.ignore(local.remove(held.file)))
      )
    }),
    remove: file =>
      Effect.andThen(
        local.remove(file),
        Effect.asVoid(trying(() => named(file).delete({ ignoreNotFound: true })))
      ),
    writtenBefore: time =>
      Stream.concat(
        local.writtenBefore(time),
        Stream.fromAsyncIterable(oldFiles(bucket, time), cause => new MediaStorageError({ cause }))
      )
  })
}

async function* oldFiles(bucket: Bucket, time: number): AsyncGenerator<string> {
  let pageToken: string | undefined
  do {
    const [files, next] = await bucket.getFiles({
      prefix: FOLDER,
      autoPaginate: false,
      maxResults: PAGE,
      ...(pageToken === undefined ? {} : { pageToken })
    })
    for (const { metadata, name } of files) {
      const file = FILE.exec(name)?.[1]
      if (file !== undefined && Date.parse(metadata.timeCreated ?? '') < time) yield file
    }
    pageToken =
      typeof next === 'object' && next !== null && 'pageToken' in next ? String(next.pageToken) : undefined
  } while (pageToken !== undefined)
}

/** Media in the bucket; on their way through the folder that holds them otherwise. */
export const layer = (bucketName: string): Layer.Layer<MediaFiles, FirebaseSetup, FirebaseApp | MediaFiles> =>
  Layer.effect(
    MediaFiles,
    Effect.gen(function* () {
      const app = yield* FirebaseApp
      const local = yield* MediaFiles
      const bucket = yield* Effect.tryPromise({
        try: async () => (await import('firebase-admin/storage')).getStorage(app).bucket(bucketName),
        catch: setupError
      })
      return filesIn(bucket, local)
    })
  )
