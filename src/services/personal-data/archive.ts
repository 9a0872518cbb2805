// Everything that an account has of one person, as a zip: the lines of the export, then the files of its messages that are stored here.
// It is written while it is read: of the files only their names are in memory.
import { Readable } from 'node:stream'
import { Effect, Stream } from 'effect'
import { ZipFile } from 'yazl'
import { safeFileName, standardFileName } from '../../domain/file-name.ts'
import type { Message } from '../../domain/message.ts'
import { DatabaseError } from '../database/error.ts'
import type { HeldFile, MediaStorageError } from '../media/files.ts'
import { Media } from '../media/media.ts'
import { type MessageWithFile, withVariant } from '../media/variants.ts'
import { type PersonLine, personLines } from './export.ts'

/** A file that is in the zip. */
interface ArchivedFile {
  /** Of the message's files; empty for the one that is shown. */
  readonly variant: string
  readonly path: string
}

/** As in the export, and where the files of a message are. */
export type ArchiveLine =
  | (Extract<PersonLine, { readonly kind: 'message' }> & { readonly files: ReadonlyArray<ArchivedFile> })
  | (Extract<PersonLine, { readonly kind: 'end' }> & {
      readonly files: number
      readonly filesNotStored: number
    })
  | Exclude<PersonLine, { readonly kind: 'message' | 'end' }>

type ArchiveError = DatabaseError | MediaStorageError

export const LINES_FILE = 'person.jsonl'

const README = `Everything about one person, out of the database of Backscroll.

${LINES_FILE}  One JSON object a line: the person, conversations, messages, what others' messages say of the person, receipts, and
              at the end how many of each there are. Times are milliseconds since 1970.
files/        The files of the messages that are stored; each message in ${LINES_FILE} names its own ("files").
`

/** What is to be put into the zip once the lines are, by path. The same content sent twice in a second is there once. */
type Files = Map<string, { readonly held: HeldFile; readonly at: number }>

const filesOf = ({ media, ...message }: Message): ReadonlyArray<MessageWithFile> => {
  if (media === null) return []
  const whole: Message = { ...message, media }
  return ['', ...media.variants.map(({ kind }) => kind)].flatMap(variant => withVariant(whole, variant) ?? [])
}

/** `files/2026-11-29T10-12-33-0a1b2c3d4e5f-cat.jpg` */
const pathOf = ({ media, tsClient, type }: MessageWithFile, { file }: HeldFile): string => {
  const time = new Date(tsClient).toISOString().slice(0, 19).replaceAll(':', '-')
  const name = safeFileName(media?.fileName ?? '')
  return `files/${time}-${name === '' ? standardFileName(type, file, media?.mimeType ?? null) : `${file.slice(0, 12)}-${name}`}`
}

/** Lines with the paths of files, which are added to `files`. */
const withPaths = (media: Media['Service'], files: Files) => {
  let notStored = 0
  const ofMessage = Effect.fnUntraced(function* (message: Message) {
    const archived: Array<ArchivedFile> = []
    for (const one of filesOf(message)) {
      const held = yield* media.held(one)
      if (held === undefined) {
        notStored += 1
        continue
      }
      const path = pathOf(one, held)
      files.set(path, { held, at: one.tsClient })
      archived.push({ variant: one.variant ?? '', path })
    }
    return archived
  })
  return Effect.fnUntraced(function* (line: PersonLine) {
    let archived: ArchiveLine
    if (line.kind === 'message') archived = { ...line, files: yield* ofMessage(line.message) }
    else if (line.kind === 'end') archived = { ...line, files: files.size, filesNotStored: notStored }
    else archived = line
    return archived
  })
}

interface Entry {
  readonly path: string
  readonly at: number
  /** Media are compressed already. */
  readonly compress: boolean
}

/** Adds an entry, and ends when its content was read. */
const add = <E>(zip: ZipFile, { at, compress, path }: Entry, content: Stream.Stream<Uint8Array, E>) =>
  Effect.flatMap(Stream.toAsyncIterableEffect(content), iterable =>
    Effect.callback<void, unknown>(resume => {
      const source = Readable.from(iterable, { objectMode: false })
      source.once('end', () => resume(Effect.void))
      source.once('error', error => resume(Effect.fail(error)))
      zip.addReadStream(source, path, { mtime: new Date(at), mode: 0o100600, compress })
      return Effect.sync(() => source.destroy())
    })
  )

/** Puts everything into the zip, one after the other, as fast as it is read. */
const fill = Effect.fnUntraced(function* (
  zip: ZipFile,
  media: Media['Service'],
  lines: Stream.Stream<ReadonlyArray<PersonLine>, DatabaseError>
) {
  const now = Date.now()
  const files: Files = new Map()
  const withFiles = withPaths(media, files)
  zip.addBuffer(Buffer.from(README), 'README.txt', { mtime: new Date(now), mode: 0o100600 })
  const text = lines.pipe(
    Stream.mapEffect(batch => Effect.forEach(batch, withFiles)),
    Stream.map(batch => Buffer.from(batch.map(line => `${JSON.stringify(line)}\n`).join('')))
  )
  yield* add(zip, { path: LINES_FILE, at: now, compress: true }, text)
  for (const [path, { at, held }] of files)
    yield* add(zip, { path, at, compress: false }, media.read(held.file))
  zip.end()
})

/** The bytes of the zip. It ends early, and cannot be opened, when something of it cannot be read. */
export const personArchive = Effect.fnUntraced(function* (accountId: string, address: string) {
  const media = yield* Media
  const lines = yield* personLines(accountId, address)
  const written: Stream.Stream<Uint8Array, ArchiveError> = Stream.unwrap(
    Effect.gen(function* () {
      const zip = new ZipFile()
      const { outputStream } = zip
      // It fails with its sources; who reads them tells why.
      zip.on('error', () => undefined)
      const filling = Effect.tapCause(fill(zip, media, lines), () =>
        Effect.sync(() => {
          if (outputStream instanceof Readable) outputStream.destroy(new Error('The export was cut off'))
        })
      )
      yield* Effect.forkScoped(filling)
      return Stream.fromAsyncIterable(
        outputStream,
        cause => new DatabaseError({ operation: 'archive of a person', cause })
      ).pipe(Stream.map(part => (typeof part === 'string' ? Buffer.from(part) : part)))
    })
  )
  return written
})
