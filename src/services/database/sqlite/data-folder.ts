// The data folder: made when it is missing, private to its owner, and owned by one running server at a time.
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { Effect, Schema, type Scope } from 'effect'

/** The data folder cannot be used; the message says what to do. */
export class DataFolderError extends Schema.TaggedError<DataFolderError>()('DataFolderError', {
  message: Schema.String
}) {}

/**
 * Takes the folder for this process until the scope closes. The lock is SQLite's own file lock: the operating
 * system releases it even after kill -9, so a crash never leaves a folder locked. Who holds it is written beside it.
 */
export const claim = (folder: string): Effect.Effect<void, DataFolderError, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.try({
      try: () => lock(folder),
      catch: cause => new DataFolderError({ message: refusal(folder, cause) })
    }),
    ({ database, owner }) =>
      Effect.sync(() => {
        rmSync(owner, { force: true })
        database.close()
      })
  ).pipe(Effect.asVoid)

/**
 * Uploads and media on their way pass through temporary files. They belong in the folder too, where the next start finds
 * and removes what a crash has left.
 */
export const useScratchFolder = (folder: string): Effect.Effect<void, DataFolderError> =>
  Effect.try({
    try: () => {
      const scratch = resolve(folder, 'scratch')
      rmSync(scratch, { recursive: true, force: true })
      mkdirSync(scratch, { mode: 0o700 })
      process.env['TMPDIR'] = scratch
    },
    catch: cause => new DataFolderError({ message: refusal(folder, cause) })
  })

const ownerFile = (folder: string): string => join(folder, 'server.owner')

const lock = (folder: string): { readonly database: DatabaseSync; readonly owner: string } => {
  // Messages are readable in the database: whatever is made in the folder is its owner's alone.
  process.umask(0o077)
  makeFolder(resolve(folder))
  chmodSync(folder, 0o700)
  const database = new DatabaseSync(join(folder, 'server.lock'), { timeout: 0 })
  try {
    database.exec('PRAGMA locking_mode=EXCLUSIVE; BEGIN EXCLUSIVE')
    const owner = ownerFile(folder)
    writeFileSync(owner, `process ${process.pid} on ${hostname()}, started ${new Date().toISOString()}\n`, {
      mode: 0o600
    })
    return { database, owner }
  } catch (cause) {
    database.close()
    throw cause
  }
}

const ownerOf = (folder: string): string => {
  try {
    // A few words; whatever else the file holds is not repeated.
    return (
      /^process \d+ on [\w.-]{1,255}, started [\d:.TZ-]+$/m.exec(
        readFileSync(ownerFile(folder), 'utf8')
      )?.[0] ?? ''
    )
  } catch {
    return ''
  }
}

const refusal = (folder: string, cause: unknown): string => {
  const words = cause instanceof Error ? cause.message : String(cause)
  if (/locked/.test(words)) {
    const owner = ownerOf(folder)
    return `Another Backscroll server${owner === '' ? '' : ` (${owner})`} is using DATA_DIR (${folder}). Stop it first, or give this one a folder of its own.`
  }
  const hint = /EROFS|EACCES|EPERM|readonly|unable to open/.test(words)
    ? ' Make the folder writable for this process, or choose another DATA_DIR.'
    : /ENOSPC|full/.test(words)
      ? ' The disk is full: free some space first.'
      : ''
  return `DATA_DIR (${folder}) cannot be used: ${words}.${hint}`
}

/** Missing parents first, one by one: Node's recursive mkdir never returns where a parent cannot be made, as in /proc. */
const makeFolder = (folder: string): void => {
  if (existsSync(folder)) return
  makeFolder(dirname(folder))
  mkdirSync(folder, { mode: 0o700 })
}
