// A session as a zip, for its next server.
import { Effect } from 'effect'
import { ZipFile } from 'yazl'
import type { Files } from './archive.ts'

export const zipOf = (files: Files): Effect.Effect<Buffer> =>
  Effect.promise(async () => {
    const zip = new ZipFile()
    for (const [name, bytes] of files) zip.addBuffer(bytes, name)
    zip.end()
    const parts: Array<Uint8Array> = []
    for await (const part of zip.outputStream) if (part instanceof Uint8Array) parts.push(part)
    return Buffer.concat(parts)
  })
