// Zips, as people make them of a folder and open them.
import { buffer } from 'node:stream/consumers'
import { openPromise } from 'yauzl'
import { ZipFile } from 'yazl'

export const zipOf = (files: Iterable<readonly [string, Buffer]>, folder = ''): Promise<Buffer> => {
  const zip = new ZipFile()
  for (const [name, bytes] of files) zip.addBuffer(bytes, folder + name)
  zip.end()
  return buffer(zip.outputStream as never)
}

/** The content of every file in a zip, by its path. */
export const unzipped = async (path: string): Promise<ReadonlyMap<string, Buffer>> => {
  const zip = await openPromise(path)
  const files = new Map<string, Buffer>()
  for await (const entry of zip.eachEntry())
    files.set(entry.fileName, await buffer(await zip.openReadStreamPromise(entry)))
  return files
}
