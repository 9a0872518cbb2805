// Files that wait to be sent. They are kept from the moment an entry is accepted, so that neither a crash nor a web server
// that is gone can lose them.
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { Context, Effect, Layer, Stream } from 'effect'
import { download } from './attachment-download.ts'
import { downloadedName } from './attachment-name.ts'
import { AttachmentRefused, checkSize, removeOthers, writeFile } from './attachment-files.ts'

export interface Attachment {
  /** SHA-256 of the content in hex: its name in the folder. */
  readonly file: string
  /** Bytes. */
  readonly size: number
  /** As the server it came from says; `undefined` when it says nothing. */
  readonly mimeType?: string | undefined
  /** What the server calls it, or its address ends with. */
  readonly fileName?: string | undefined
}

export interface AttachmentOptions {
  readonly folder: string
  /** Bytes. */
  readonly largest: number
  /** Fetches also from addresses that are not public; for servers in one's own network. */
  readonly allowPrivateAddresses: boolean
}

export class Attachments extends Context.Service<
  Attachments,
  {
    /** Takes in a copy of a file on this disk. */
    readonly keep: (path: string) => Effect.Effect<Attachment, AttachmentRefused>
    /** Takes in a file that is held elsewhere. */
    readonly take: <E>(content: Stream.Stream<Uint8Array, E>) => Effect.Effect<Attachment, AttachmentRefused>
    /** Downloads a file; an address that is not public is refused. */
    readonly fetch: (url: string) => Effect.Effect<Attachment, AttachmentRefused>
    readonly pathOf: (file: string) => string
    readonly exists: (file: string) => Effect.Effect<boolean>
    /** Removes every file that is not named and is older than an hour: a younger one may belong to an entry that is just being accepted. */
    readonly keepOnly: (files: ReadonlySet<string>) => Effect.Effect<void>
  }
>()('backscroll/services/outbox/Attachments') {
  static layer(options: AttachmentOptions): Layer.Layer<Attachments> {
    return Layer.succeed(Attachments, makeAttachments(options))
  }
}

const makeAttachments = (options: AttachmentOptions): Attachments['Service'] => {
  const { folder, largest } = options
  const pathOf = (file: string) => join(folder, file)
  return Attachments.of({
    pathOf,
    keep: path => refusing(() => writeFile(folder, largest, createReadStream(path))),
    take: content =>
      refusing(() => writeFile(folder, largest, Readable.from(Stream.toAsyncIterable(content)))),
    fetch: url => refusing(() => fetchFile(url, options)),
    exists: file =>
      Effect.promise(() =>
        stat(pathOf(file)).then(
          () => true,
          () => false
        )
      ),
    keepOnly: files =>
      Effect.tryPromise(() => removeOthers(folder, files)).pipe(
        // They take space, nothing more; the next time is in half a minute.
        Effect.catch(error => Effect.logWarning('Files that were sent cannot be removed', error))
      )
  })
}

const fetchFile = async (
  url: string,
  { allowPrivateAddresses, folder, largest }: AttachmentOptions
): Promise<Attachment> => {
  const { response } = await download(url, allowPrivateAddresses)
  const refused = checkSize(Number(response.headers['content-length'] ?? 0), largest)
  if (refused !== undefined) {
    response.destroy()
    throw refused
  }
  const attachment = await writeFile(folder, largest, response)
  return {
    ...attachment,
    mimeType: response.headers['content-type']?.slice(0, 100),
    fileName: downloadedName(response.headers['content-disposition'], url)
  }
}

const refusing = (work: () => Promise<Attachment>) =>
  Effect.tryPromise({
    try: work,
    catch: cause =>
      cause instanceof AttachmentRefused
        ? cause
        : new AttachmentRefused({ message: `The file could not be taken: ${reasonOf(cause)}` })
  })

const reasonOf = (cause: unknown): string => {
  if (!(cause instanceof Error)) return 'unknown'
  // The filtering agent's sentence is good, but it repeats the address.
  if (/is not allowed/.test(cause.message)) return 'its address is not public'
  return 'code' in cause && typeof cause.code === 'string' ? cause.code : cause.message
}
