// The folder of files that wait to be sent. Each is named by the SHA-256 of its content.
import { createHash, randomUUID } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { Schema } from 'effect'

/** A file that cannot be accepted; the message tells the application why. */
export class AttachmentRefused extends Schema.TaggedError<AttachmentRefused>()('AttachmentRefused', {
  message: Schema.String
}) {}

/** A younger file may belong to an entry that is just being accepted. */
const REMOVED_AFTER_MS = 3_600_000

/** `largest` in bytes. */
export const checkSize = (size: number, largest: number): AttachmentRefused | undefined =>
  size > largest
    ? new AttachmentRefused({
        message: `The file is larger than ${Math.floor(largest / 1_048_576)} MiB (setting MEDIA_MAX_MB)`
      })
    : undefined

/** Writes a stream under the name of its hash; nothing is left of one that is refused or breaks. `size` in bytes. */
export const writeFile = async (
  folder: string,
  largest: number,
  source: NodeJS.ReadableStream
): Promise<{ readonly file: string; readonly size: number }> => {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const partial = join(folder, `${randomUUID()}.part`)
  const hash = createHash('sha256')
  let size = 0
  const measure = new Transform({
    transform: (chunk: Buffer, _, done) => {
      size += chunk.length
      hash.update(chunk)
      const refused = checkSize(size, largest)
      if (refused === undefined) done(null, chunk)
      else done(refused)
    }
  })
  try {
    await pipeline(source, measure, createWriteStream(partial, { mode: 0o600, flush: true }))
    if (size === 0) throw new AttachmentRefused({ message: 'The file is empty' })
    const file = hash.digest('hex')
    await rename(partial, join(folder, file))
    return { file, size }
  } finally {
    await rm(partial, { force: true })
  }
}

/** Removes every file that is neither named nor young. */
export const removeOthers = async (folder: string, files: ReadonlySet<string>): Promise<void> => {
  for (const name of await readdir(folder).catch(() => [])) {
    if (files.has(name)) continue
    const path = join(folder, name)
    const { mtimeMs } = await stat(path)
    if (mtimeMs < Date.now() - REMOVED_AFTER_MS) await rm(path, { force: true })
  }
}
