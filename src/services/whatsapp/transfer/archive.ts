// The files of a zip, in memory. Nothing is written anywhere; names that leave the folder and sizes that lie are refused.
import { Effect, Result } from 'effect'
import { type Entry, fromBufferPromise, type ZipFile } from 'yauzl'
import { LARGEST_FILE, LARGEST_SESSION, MOST_FILES } from './limits.ts'
import { refusal, SessionRefused } from './refusal.ts'

/** Files by their path, with `/` between folders. */
export type Files = ReadonlyMap<string, Buffer>

const ZIP_SIGNATURES = ['PK\u0003\u0004', 'PK\u0005\u0006']

export const isZip = (bytes: Uint8Array): boolean =>
  ZIP_SIGNATURES.includes(Buffer.from(bytes.subarray(0, 4)).toString('latin1'))

/** Everything else of a server's folder, such as media and databases, is not unpacked. */
export const isWanted = (path: string): boolean => /\.(json|jsonl|ndjson)$/i.test(path)

const BOMB = refusal('tooLarge', 'The zip is larger, once unpacked, than a session can be')

const unpackable = (cause: unknown): SessionRefused => {
  if (cause instanceof SessionRefused) return cause
  const words = cause instanceof Error ? cause.message : ''
  if (/relative path|absolute path|invalid characters/.test(words))
    return refusal('unsafePath', 'The zip has names that leave its folder')
  return /too many bytes/.test(words) ? BOMB : refusal('unreadable', 'The zip is damaged or encrypted')
}

/** yauzl ends the stream as soon as it brings more than the zip says. */
const unpack = async (zip: ZipFile, entry: Entry): Promise<Buffer> => {
  const parts: Array<Buffer> = []
  for await (const part of await zip.openReadStreamPromise(entry)) {
    if (part instanceof Uint8Array) parts.push(Buffer.from(part))
  }
  return Buffer.concat(parts)
}

const unpackAll = async (bytes: Buffer): Promise<Files> => {
  const zip = await fromBufferPromise(bytes, { lazyEntries: true })
  if (zip.entryCount > MOST_FILES) throw BOMB
  const files = new Map<string, Buffer>()
  let left = LARGEST_SESSION
  for await (const entry of zip.eachEntry()) {
    if (!isWanted(entry.fileName)) continue
    left -= entry.uncompressedSize
    if (left < 0 || entry.uncompressedSize > LARGEST_FILE) throw BOMB
    files.set(entry.fileName, await unpack(zip, entry))
  }
  return files
}

export const readZip = (bytes: Buffer): Effect.Effect<Files, SessionRefused> =>
  Effect.tryPromise({ try: () => unpackAll(bytes), catch: unpackable })

/** Text of a file; `undefined` when it is not UTF-8. */
export const textOf = (bytes: Uint8Array): string | undefined =>
  Result.getOrUndefined(Result.try(() => new TextDecoder('utf-8', { fatal: true }).decode(bytes)))
