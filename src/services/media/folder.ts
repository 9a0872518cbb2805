// Media files in a folder: media/<first two digits>/<sha-256>, readable by the owner only. No other file knows these paths.
// A file appears under its name complete and on disk, or not at all.
import { createHash, randomUUID } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { type FileHandle, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { Effect, Layer, Stream } from 'effect'
import {
  type ByteRange,
  type HeldFile,
  MediaFiles,
  MediaStorageError,
  PartialFiles,
  StagedFiles,
  WrongContent
} from './files.ts'

const OWNER_ONLY = { file: 0o600, folder: 0o700 }
const CHUNK_BYTES = 256 * 1024
const FILE = /^[0-9a-f]{64}$/

const trying = <A>(work: () => Promise<A>): Effect.Effect<A, MediaStorageError> =>
  Effect.tryPromise({ try: work, catch: cause => new MediaStorageError({ cause }) })

const isMissing = (cause: unknown): boolean =>
  cause instanceof Error && 'code' in cause && cause.code === 'ENOENT'

const orMissing = async <A>(work: Promise<A>): Promise<A | undefined> => {
  try {
    return await work
  } catch (cause) {
    if (isMissing(cause)) return undefined
    throw cause
  }
}

const sizeOf = (path: string): Effect.Effect<number | undefined, MediaStorageError> =>
  trying(async () => (await orMissing(stat(path)))?.size)

const reading = (path: string, range?: ByteRange): Stream.Stream<Uint8Array, MediaStorageError> =>
  Stream.suspend(() =>
    range !== undefined && range.end < range.start
      ? Stream.empty
      : Stream.fromAsyncIterable<Uint8Array, MediaStorageError>(
          createReadStream(path, { ...range, highWaterMark: CHUNK_BYTES }),
          cause => new MediaStorageError({ cause })
        )
  )

const writeAll = async (handle: FileHandle, chunk: Uint8Array): Promise<void> => {
  for (let at = 0; at < chunk.length;) at += (await handle.write(chunk, at)).bytesWritten
}

/** Opens a file while the work runs; makes its folder if there is none. */
const withFile = <A, E>(
  path: string,
  flags: string,
  work: (handle: FileHandle) => Effect.Effect<A, E>
): Effect.Effect<A, E | MediaStorageError> =>
  Effect.acquireUseRelease(
    trying(async () => {
      await mkdir(dirname(path), { recursive: true, mode: OWNER_ONLY.folder })
      return open(path, flags, OWNER_ONLY.file)
    }),
    work,
    handle => Effect.promise(() => handle.close())
  )

/** A rename is durable once its folder is synced. */
const syncFolder = async (path: string): Promise<void> => {
  const handle = await open(path, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

const removeOld = async (folder: string, time: number): Promise<void> => {
  for (const name of (await orMissing(readdir(folder))) ?? []) {
    const path = join(folder, name)
    const found = await orMissing(stat(path))
    if (found !== undefined && found.mtimeMs < time) await rm(path, { force: true })
  }
}

const UNFINISHED = 'unfinished'

/** Writes the content to a new file; returns its hash (hexadecimal) and size once all of it is on disk. */
const writeHashed = <E>(path: string, content: Stream.Stream<Uint8Array, E>) =>
  Effect.suspend(() => {
    const hash = createHash('sha256')
    let size = 0
    const add = (handle: FileHandle, chunk: Uint8Array) =>
      trying(async () => {
        hash.update(chunk)
        size += chunk.length
        await writeAll(handle, chunk)
      })
    return withFile(path, 'w', handle =>
      Effect.andThen(
        Stream.runForEach(content, chunk => add(handle, chunk)),
        trying(() => handle.sync())
      )
    ).pipe(Effect.map((): HeldFile => ({ file: hash.digest('hex'), size })))
  })

const moveTo = (from: string, to: string) =>
  trying(async () => {
    await mkdir(dirname(to), { recursive: true, mode: OWNER_ONLY.folder })
    await rename(from, to)
    await syncFolder(dirname(to))
  })

/** What cannot be removed takes space and nothing else; the next upkeep removes it. */
const removeTemporary = (path: string) =>
  Effect.promise(() => rm(path, { force: true }).catch(() => undefined))

const pathIn = (root: string, file: string): string => join(root, file.slice(0, 2), file)

/** A new file with the content, which is removed when the scope closes. */
const staged = Effect.fnUntraced(function* <E>(
  root: string,
  content: Stream.Stream<Uint8Array, E>,
  expected: string | undefined
) {
  const path = join(root, UNFINISHED, `${randomUUID()}.part`)
  yield* Effect.addFinalizer(() => removeTemporary(path))
  const held = yield* writeHashed(path, content)
  if (expected !== undefined && expected !== held.file) return yield* new WrongContent({})
  return { ...held, path }
})

const writeFile = (root: string): MediaFiles['Service']['write'] =>
  Effect.fnUntraced(function* (content, expected) {
    const { file, path, size } = yield* staged(root, content, expected)
    yield* moveTo(path, pathIn(root, file))
    return { file, size }
  }, Effect.scoped)

const filesIn = (root: string) =>
  MediaFiles.of({
    size: file => sizeOf(pathIn(root, file)),
    read: (file, range) => reading(pathIn(root, file), range),
    write: writeFile(root),
    remove: file => trying(() => rm(pathIn(root, file), { force: true })),
    writtenBefore: time =>
      Stream.fromAsyncIterable(oldFiles(root, time), cause => new MediaStorageError({ cause }))
  })

async function* oldFiles(root: string, time: number): AsyncGenerator<string> {
  for (const folder of (await orMissing(readdir(root))) ?? []) {
    if (!/^[0-9a-f]{2}$/.test(folder)) continue
    for (const file of (await orMissing(readdir(join(root, folder)))) ?? []) {
      const found = FILE.test(file) ? await orMissing(stat(join(root, folder, file))) : undefined
      if (found !== undefined && found.mtimeMs < time) yield file
    }
  }
}

const partialsIn = (root: string) => {
  const folder = join(root, UNFINISHED)
  const pathOf = (name: string) => join(folder, `${name}.enc.part`)
  return PartialFiles.of({
    size: name => Effect.map(sizeOf(pathOf(name)), size => size ?? 0),
    append: (name, at, content) =>
      withFile(pathOf(name), 'a', handle =>
        Effect.andThen(
          trying(() => handle.truncate(at)),
          Stream.runForEach(content, chunk => trying(() => writeAll(handle, chunk)))
        )
      ),
    read: (name, range) => reading(pathOf(name), range),
    remove: name => trying(() => rm(pathOf(name), { force: true })),
    removeBefore: time => trying(() => removeOld(folder, time))
  })
}

const stagedIn = (root: string) =>
  StagedFiles.of({
    stage: (content, expected) =>
      Effect.map(staged(root, content, expected), ({ file, path, size }) => ({
        file,
        size,
        content: reading(path)
      }))
  })

export const layer = (root: string): Layer.Layer<MediaFiles | PartialFiles | StagedFiles> =>
  Layer.mergeAll(
    Layer.succeed(MediaFiles, filesIn(root)),
    Layer.succeed(PartialFiles, partialsIn(root)),
    Layer.succeed(StagedFiles, stagedIn(root))
  )
