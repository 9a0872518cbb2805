// Media files in a bucket of Firebase Storage: media/<sha-256>. A file is staged on this machine first, where its hash is computed, and
// appears in the bucket complete or not at all.
import { pipeline } from 'node:stream/promises'
import { Readable } from 'node:stream'
import { Effect, Layer, Stream } from 'effect'
import type { Storage } from 'firebase-admin/storage'
import {
  type ByteRange,
  MediaFiles,
  MediaStorageError,
  type StagedFile,
  StagedFiles
} from '../media/files.ts'
import { FirebaseApp, type FirebaseSetup, setupError } from './app.ts'

type Bucket = ReturnType<Storage['bucket']>

const FOLDER = 'media/'
const FILE = /^media\/([0-9a-f]{64})$/
const PAGE = 1000

const trying = <A>(work: () => Promise<A>): Effect.Effect<A, MediaStorageError> =>
  Effect.tryPromise({ try: work, catch: cause => new MediaStorageError({ cause }) })

const isMissing = (cause: unknown): boolean =>
  typeof cause === 'object' && cause !== null && 'code' in cause && Number(cause.code) === 404

const fileIn = (bucket: Bucket, file: string) => bucket.file(`${FOLDER}${file}`)

/** Bytes; `undefined` when the bucket does not have the file. */
const sizeIn = (bucket: Bucket, file: string) =>
  trying(async () => {
    try {
      const [metadata] = await fileIn(bucket, file).getMetadata()
      return Number(metadata.size)
    } catch (cause) {
      if (isMissing(cause)) return undefined
      throw cause
    }
  })

const readFrom = (
  bucket: Bucket,
  file: string,
  range?: ByteRange
): Stream.Stream<Uint8Array, MediaStorageError> =>
  range !== undefined && range.end < range.start
    ? Stream.empty
    : Stream.suspend(() =>
        Stream.fromAsyncIterable<Uint8Array, MediaStorageError>(
          fileIn(bucket, file).createReadStream({ ...range, validation: false }),
          cause => new MediaStorageError({ cause })
        )
      )

const upload = (bucket: Bucket, { content, file }: StagedFile) =>
  Effect.flatMap(Stream.toAsyncIterableEffect(content), bytes =>
    trying(() =>
      pipeline(
        Readable.from(bytes),
        fileIn(bucket, file).createWriteStream({
          // Google compares the hash of what arrived with that of what was sent.
          validation: 'md5',
          resumable: false,
          contentType: 'application/octet-stream',
          metadata: { cacheControl: 'private, max-age=31536000, immutable' }
        })
      )
    )
  )

/** Files stored before the bucket was configured are still in the folder, and are found there first. */
const filesIn = (bucket: Bucket, local: MediaFiles['Service'], { stage }: StagedFiles['Service']) =>
  MediaFiles.of({
    size: file =>
      Effect.filterOrElse(
        local.size(file),
        here => here !== undefined,
        () => sizeIn(bucket, file)
      ),
    read: (file, range) =>
      Stream.unwrap(
        Effect.map(local.size(file), here =>
          here === undefined ? readFrom(bucket, file, range) : local.read(file, range)
        )
      ),
    write: Effect.fnUntraced(function* (content, expected) {
      const staged = yield* stage(content, expected)
      yield* upload(bucket, staged)
      return { file: staged.file, size: staged.size }
    }, Effect.scoped),
    remove: file =>
      Effect.andThen(
        local.remove(file),
        Effect.asVoid(trying(() => fileIn(bucket, file).delete({ ignoreNotFound: true })))
      ),
    writtenBefore: time =>
      Stream.concat(
        local.writtenBefore(time),
        Stream.fromAsyncIterable(oldFiles(bucket, time), cause => new MediaStorageError({ cause }))
      )
  })

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

/** Stores media in the bucket; they are staged in the folder below it. */
export const layer = (
  bucketName: string
): Layer.Layer<MediaFiles, FirebaseSetup, FirebaseApp | MediaFiles | StagedFiles> =>
  Layer.effect(
    MediaFiles,
    Effect.gen(function* () {
      const app = yield* FirebaseApp
      const local = yield* MediaFiles
      const staged = yield* StagedFiles
      const bucket = yield* Effect.tryPromise({
        try: async () => (await import('firebase-admin/storage')).getStorage(app).bucket(bucketName),
        catch: setupError
      })
      return filesIn(bucket, local, staged)
    })
  )
