// Zips, as people make them of a folder.
import { buffer } from 'node:stream/consumers'
import { ZipFile } from 'yazl'

export const zipOf = (files: Iterable<readonly [string, Buffer]>, folder = ''): Promise<Buffer> => {
  const zip = new ZipFile()
  for (const [name, bytes] of files) zip.addBuffer(bytes, folder + name)
  zip.end()
  return buffer(zip.outputStream as never)
}
