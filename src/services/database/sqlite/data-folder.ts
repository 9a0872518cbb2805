// The data folder: made when it is missing, private to its owner, and owned by one running server at a time. Nothing in it is
// changed before it is known to be ours.
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync
} from 'node:fs'
import { hostname } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { Effect, Schema, type Scope } from 'effect'
import { inspectDatabase, sizeOf } from './database-file.ts'
import {
  DATABASE,
  GENERATION_FILE,
  inspectFolder,
  LOCK,
  SCRATCH,
  type Standing,
  VAULT_KEY
} from './folder-inspection.ts'

/** The data folder cannot be used; the message says what to do. */
export class DataFolderError extends Schema.TaggedError<DataFolderError>()('DataFolderError', {
  message: Schema.String
}) {}

export interface ClaimOptions {
  /**
   * Begin an empty database although the folder holds the keys or files of an earlier one. What is left of its database
   * is set aside, never removed. Refused where there is a database.
   */
  readonly beginsEmpty?: boolean
  /** The same, where there is no database; where there is one it is used. */
  readonly mayBeginEmpty?: boolean
  /** The database is not opened, but replaced: it may be missing, damaged or of a newer version. */
  readonly replacesDatabase?: boolean
}

/** A folder that is ours while the scope is open. */
export interface ClaimedFolder {
  /** There was no database in it, nor anything else of a server. */
  readonly isNew: boolean
}

/**
 * Takes the folder for this process until the scope closes. The lock is SQLite's own file lock: the operating
 * system releases it even after kill -9, so a crash never leaves a folder locked. Who holds it is written beside it.
 */
export const claim = (
  folder: string,
  options: ClaimOptions = {}
): Effect.Effect<ClaimedFolder, DataFolderError, Scope.Scope> =>
  Effect.gen(function* () {
    const standing = yield* attempt(folder, () => admit(folder, inspectFolder(folder), options))
    yield* Effect.acquireRelease(
      attempt(folder, () => lock(folder, standing)),
      ({ database, owner }) =>
        Effect.sync(() => {
          rmSync(owner, { force: true })
          database.close()
        })
    )
    if (standing.kind === 'ours' && standing.isEmpty && options.replacesDatabase !== true)
      yield* attempt(folder, () => setAsideLost(folder))
    return { isNew: standing.kind === 'new' || (standing.isEmpty && standing.leftovers.length === 0) }
  })

/** A refusal in our own words, not those of the operating system. */
class Refused extends Error {}

const attempt = <A>(folder: string, work: () => A): Effect.Effect<A, DataFolderError> =>
  Effect.try({
    try: work,
    catch: cause =>
      new DataFolderError({ message: cause instanceof Refused ? cause.message : refusal(folder, cause) })
  })

type Admitted = Exclude<Standing, { readonly kind: 'refused' }>

const admit = (
  folder: string,
  standing: Standing,
  { beginsEmpty = false, mayBeginEmpty = false, replacesDatabase = false }: ClaimOptions
): Admitted => {
  if (standing.kind === 'refused') {
    if (replacesDatabase && standing.isOurs) return { kind: 'ours', isEmpty: false, leftovers: [] }
    throw new Refused(standing.refusal)
  }
  const hasDatabase = standing.kind === 'ours' && !standing.isEmpty
  if (beginsEmpty && hasDatabase)
    throw new Refused(
      `DATA_DIR (${folder}) has a database already; --new begins an empty one. Start without --new, or choose another DATA_DIR.`
    )
  const isLost = standing.kind === 'ours' && standing.leftovers.length > 0
  if (isLost && !beginsEmpty && !mayBeginEmpty && !replacesDatabase)
    throw new Refused(
      `DATA_DIR (${folder}) has ${standing.leftovers.join(', ')}, but its database (${DATABASE}) is missing or empty. Restore it from a backup (docs/backup.md), or start with --new to begin an empty one: every account then has to be linked again.`
    )
  return standing
}

/** Renames files that are there and not empty; answers their new names. The folder must be claimed. */
export const setAside = (folder: string, names: ReadonlyArray<string>): ReadonlyArray<string> => {
  const suffix = `.${new Date().toISOString().replaceAll(/[:.]/g, '-')}.old`
  return names
    .filter(name => (sizeOf(join(folder, name)) ?? 0) > 0)
    .map(name => {
      renameSync(join(folder, name), join(folder, `${name}${suffix}`))
      return `${name}${suffix}`
    })
}

/** SQLite would remove what is left of another database's log when it opens an empty one. */
const setAsideLost = (folder: string): void => {
  // Looked at again, now that nobody else can have begun one.
  if (inspectDatabase(join(folder, DATABASE)).kind === 'ours') return
  setAside(folder, [DATABASE, `${DATABASE}-wal`, `${DATABASE}-shm`, GENERATION_FILE])
}

/** What a first start makes. */
const MADE = [DATABASE, `${DATABASE}-wal`, `${DATABASE}-shm`, GENERATION_FILE, VAULT_KEY, SCRATCH]

/**
 * A first start that fails leaves nothing behind: when the scope closes before `started` has run, what was made in a new
 * folder is removed, keys included.
 */
export const nothingUnlessStarted = (
  folder: string,
  { isNew }: ClaimedFolder
): Effect.Effect<{ readonly started: Effect.Effect<void> }, never, Scope.Scope> =>
  Effect.gen(function* () {
    let isKept = !isNew
    yield* Effect.addFinalizer(() =>
      Effect.sync(() => {
        if (isKept) return
        for (const name of MADE) rmSync(join(folder, name), { recursive: true, force: true })
      })
    )
    return {
      started: Effect.sync(() => {
        isKept = true
      })
    }
  })

/**
 * Uploads and media on their way pass through temporary files. They belong in the folder too, where the next start finds
 * and removes what a crash has left.
 */
export const useScratchFolder = (folder: string): Effect.Effect<void, DataFolderError> =>
  Effect.try({
    try: () => {
      const scratch = resolve(folder, SCRATCH)
      rmSync(scratch, { recursive: true, force: true, maxRetries: 3 })
      // A program that this one has started, and that outlives it, may make the folder for itself in between.
      mkdirSync(scratch, { recursive: true, mode: 0o700 })
      chmodSync(scratch, 0o700)
      process.env['TMPDIR'] = scratch
    },
    catch: cause => new DataFolderError({ message: refusal(folder, cause) })
  })

const ownerFile = (folder: string): string => join(folder, 'server.owner')

const lock = (
  folder: string,
  { kind }: Admitted
): { readonly database: DatabaseSync; readonly owner: string } => {
  // Messages are readable in the database: whatever is made in the folder is its owner's alone.
  process.umask(0o077)
  makeFolder(resolve(folder))
  if (kind === 'ours') keepPrivate(folder)
  const database = new DatabaseSync(join(folder, LOCK), { timeout: 0 })
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

/** A folder of another user, such as a mounted volume, keeps its mode; our files in it are private all the same. */
const keepPrivate = (folder: string): void => {
  const { mode, uid } = statSync(folder)
  if (uid === process.getuid?.() && (mode & 0o777) !== 0o700) chmodSync(folder, 0o700)
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
