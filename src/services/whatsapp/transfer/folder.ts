// The files of a folder, read and never written; links are not followed.
import { type Dirent, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { Effect } from 'effect'
import { type Files, isWanted } from './archive.ts'
import { DEEPEST_FOLDER, LARGEST_DOCUMENT, LARGEST_FILE, LARGEST_SESSION, MOST_FILES } from './limits.ts'
import { refusal, SessionRefused } from './refusal.ts'

const TOO_LARGE = refusal(
  'tooLarge',
  'The folder is larger than a session can be: name the folder of one session'
)

const unreadable = (cause: unknown): SessionRefused =>
  cause instanceof SessionRefused
    ? cause
    : refusal('unreadable', `It cannot be read: ${cause instanceof Error ? cause.message : 'unknown'}`)

const readAll = (root: string): Files => {
  const files = new Map<string, Buffer>()
  let left = LARGEST_SESSION
  const add = (path: string): void => {
    const { size } = statSync(join(root, path))
    left -= size
    if (left < 0 || size > LARGEST_FILE || files.size >= MOST_FILES) throw TOO_LARGE
    files.set(path, readFileSync(join(root, path)))
  }
  const visit = (folder: string, depth: number): void => {
    for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
      const path = pathOf(folder, entry)
      if (entry.isDirectory() && depth < DEEPEST_FOLDER) visit(path, depth + 1)
      else if (entry.isFile() && isWanted(entry.name)) add(path)
    }
  }
  visit('', 0)
  return files
}

const pathOf = (folder: string, { name }: Dirent): string => (folder === '' ? name : `${folder}/${name}`)

/** What is at a path: the files of a folder, or the bytes of a zip or JSON document. */
export const readPath = (path: string): Effect.Effect<Files | Buffer, SessionRefused> =>
  Effect.try({
    try: () => {
      const found = statSync(path)
      if (found.isDirectory()) return readAll(path)
      if (found.size > LARGEST_DOCUMENT) throw TOO_LARGE
      return readFileSync(path)
    },
    catch: unreadable
  })
