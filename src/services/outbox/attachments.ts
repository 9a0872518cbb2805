// Files that wait to be sent: kept by their hash from the moment an entry is accepted, so that neither a crash nor a
// web server that is gone can lose them. Also the only place that fetches what an application merely points at.
import { createHash, randomUUID } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises'
import http from 'node:http'
import https from 'node:https'
import { join } from 'node:path'
import { Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { Context, Effect, Layer, Schema } from 'effect'
import { useAgent as filteringAgent } from 'request-filtering-agent'

/** A file that cannot be taken; the message says why, for whoever offered it. */
export class AttachmentRefused extends Schema.TaggedError<AttachmentRefused>()('AttachmentRefused', {
  message: Schema.String
}) {}

export interface Attachment {
  /** SHA-256 of the content in hex: its name in the folder. */
  readonly file: string
  /** Bytes. */
  readonly size: number
  /** As the server it came from says, without parameters; `undefined` when it says nothing. */
  readonly mimeType?: string | undefined
}

export interface AttachmentOptions {
  readonly folder: string
  /** Bytes. */
  readonly largest: number
  /** Fetches also from addresses that are not public; for servers in one's own network. */
  readonly allowPrivateAddresses: boolean
}

const REDIRECTS = 3
const FETCH_TIMEOUT_MS = 60_000

export class Attachments extends Context.Service<
  Attachments,
  {
    /** Takes over a file on this disk. */
    readonly keep: (path: string) => Effect.Effect<Attachment, AttachmentRefused>
    /** Downloads a file; an address that is not public is refused. */
    readonly fetch: (url: string) => Effect.Effect<Attachment, AttachmentRefused>
    readonly pathOf: (file: string) => string
    readonly exists: (file: string) => Effect.Effect<boolean>
    /** Removes every file that is not named and older than an hour: a younger one may belong to an entry just being accepted. */
    readonly keepOnly: (files: ReadonlySet<string>) => Effect.Effect<void>
  }
>()('backscroll/services/outbox/Attachments') {
  static layer(options: AttachmentOptions): Layer.Layer<Attachments> {
    const pathOf = (file: string) => join(options.folder, file)

    /** Writes a stream under the name of its hash, or nothing. */
    const store = async (source: NodeJS.ReadableStream): Promise<Attachment> => {
      await mkdir(options.folder, { recursive: true, mode: 0o700 })
      const partial = pathOf(`${randomUUID()}.part`)
      const hash = createHash('sha256')
      let size = 0
      const measure = new Transform({
        transform: (chunk: Buffer, _, done) => {
          size += chunk.length
          hash.update(chunk)
          if (size > options.largest) done(new AttachmentRefused({ message: tooLarge(options.largest) }))
          else done(null, chunk)
        }
      })
      try {
        await pipeline(source, measure, createWriteStream(partial, { mode: 0o600, flush: true }))
        if (size === 0) throw new AttachmentRefused({ message: 'The file is empty' })
        const file = hash.digest('hex')
        await rename(partial, pathOf(file))
        return { file, size }
      } finally {
        await rm(partial, { force: true })
      }
    }

    const fetchFrom = async (url: string): Promise<Attachment> => {
      const response = await get(url, options.allowPrivateAddresses)
      const length = Number(response.headers['content-length'] ?? 0)
      if (length > options.largest) {
        response.destroy()
        throw new AttachmentRefused({ message: tooLarge(options.largest) })
      }
      const attachment = await store(response)
      const mimeType = response.headers['content-type']?.split(';')[0]?.trim().toLowerCase()
      return { ...attachment, mimeType: mimeType === '' ? undefined : mimeType }
    }

    const refusing = (work: () => Promise<Attachment>) =>
      Effect.tryPromise({
        try: work,
        catch: cause =>
          cause instanceof AttachmentRefused
            ? cause
            : new AttachmentRefused({ message: `The file could not be taken: ${wordsOf(cause)}` })
      })

    return Layer.succeed(
      Attachments,
      Attachments.of({
        pathOf,
        keep: path => refusing(() => store(createReadStream(path))),
        fetch: url => refusing(() => fetchFrom(url)),
        exists: file =>
          Effect.promise(() =>
            stat(pathOf(file)).then(
              () => true,
              () => false
            )
          ),
        keepOnly: files =>
          Effect.tryPromise(async () => {
            for (const name of await readdir(options.folder).catch(() => [])) {
              if (files.has(name)) continue
              const { mtimeMs } = await stat(pathOf(name))
              if (mtimeMs < Date.now() - 3_600_000) await rm(pathOf(name), { force: true })
            }
          }).pipe(
            // They take space, nothing more; the next time is in half a minute.
            Effect.catch(error => Effect.logWarning('Files that were sent cannot be removed', error))
          )
      })
    )
  }
}

const tooLarge = (largest: number): string =>
  `The file is larger than ${Math.floor(largest / 1_048_576)} MiB (setting MEDIA_MAX_MB)`

const wordsOf = (cause: unknown): string => {
  if (!(cause instanceof Error)) return 'unknown'
  // The filtering agent's sentence is good, but it repeats the address.
  if (/is not allowed/.test(cause.message)) return 'its address is not public'
  return 'code' in cause && typeof cause.code === 'string' ? cause.code : cause.message
}

/** Follows a few redirects, each of which is held to the same rule. */
const get = async (from: string, allowPrivate: boolean): Promise<http.IncomingMessage> => {
  let url = from
  const deadline = AbortSignal.timeout(FETCH_TIMEOUT_MS)
  for (let hops = 0; hops <= REDIRECTS; hops += 1) {
    const target = URL.parse(url)
    if (target === null || !/^https?:$/.test(target.protocol) || target.username !== '') {
      throw new AttachmentRefused({ message: 'Expected an http:// or https:// address' })
    }
    const { request } = target.protocol === 'https:' ? https : http
    const response = await new Promise<http.IncomingMessage>((resolve, reject) => {
      const agent = filteringAgent(target.href, {
        allowPrivateIPAddress: allowPrivate,
        allowMetaIPAddress: false
      })
      request(target, { agent, signal: deadline, headers: { 'user-agent': 'Backscroll' } }, resolve)
        .on('error', reject)
        .end()
    })
    const status = response.statusCode ?? 0
    if (status >= 200 && status < 300) return response
    response.destroy()
    const location = response.headers.location
    if (status < 300 || status >= 400 || location === undefined) {
      throw new AttachmentRefused({ message: `The server with the file answered ${status}` })
    }
    url = new URL(location, target).href
  }
  throw new AttachmentRefused({ message: 'The address redirects too often' })
}
