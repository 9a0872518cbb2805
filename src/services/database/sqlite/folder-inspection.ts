// Whether a folder is a data folder of ours, and whether its database may be opened. Reads only: until that is known, nothing in
// the folder is changed.
import { readdirSync, readFileSync, type Stats, statSync } from 'node:fs'
import { join } from 'node:path'
import { newerThan } from '../migrations.ts'
import { type DatabaseFile, inspectDatabase, sizeOf } from './database-file.ts'

export const DATABASE = 'backscroll.db'
export const VAULT_KEY = 'vault.key'
export const LOCK = 'server.lock'
export const SCRATCH = 'scratch'
export const GENERATION_FILE = 'generation.json'

/** What a server keeps beside its database; each says that there was one. */
const KEPT_FILES = [VAULT_KEY, 'api-key.sha256', GENERATION_FILE]
const KEPT_FOLDERS = ['media', 'outgoing']
/** Names that a server would use, and must not find taken by somebody else. */
const USED_NAMES = new Set([DATABASE, `${DATABASE}-wal`, ...KEPT_FILES, ...KEPT_FOLDERS, LOCK, SCRATCH])

/** At the root of a disk of its own. */
const OF_THE_FILE_SYSTEM = new Set(['lost+found'])

const OTHERS_CAN_WRITE = 0o022
const OTHERS_CAN_ENTER = 0o077

/** What a folder is; `refusal` is a sentence that says why it cannot be used and what to do. */
export type Standing =
  /** `isOurs`: only its database is in the way. */
  | { readonly kind: 'refused'; readonly refusal: string; readonly isOurs: boolean }
  /** It is missing or holds nothing of ours; it may be used as it is. */
  | { readonly kind: 'new' }
  /** A server has used it, and its database may be opened, or begun when `isEmpty`. */
  | { readonly kind: 'ours'; readonly isEmpty: boolean; readonly leftovers: ReadonlyArray<string> }

const refused = (refusal: string, isOurs = false): Standing => ({ kind: 'refused', refusal, isOurs })

const restoreAdvice = (folder: string): string =>
  `Stop whatever uses ${folder}, and restore the database from a backup (docs/backup.md); keep the damaged file until then`

const contentMatches = (file: string, pattern: RegExp): boolean => {
  try {
    return pattern.test(readFileSync(file, 'utf8'))
  } catch {
    return false
  }
}

/** Whether a server of ours has been here; a file that only has one of our names does not prove it. */
const isUsed = (folder: string, names: ReadonlySet<string>, database: DatabaseFile): boolean =>
  database.kind === 'ours' ||
  (names.has(LOCK) && sizeOf(join(folder, LOCK)) === 0) ||
  (names.has(VAULT_KEY) && contentMatches(join(folder, VAULT_KEY), /^[A-Za-z0-9+/_-]{43}=?\s*$/)) ||
  (names.has('api-key.sha256') && contentMatches(join(folder, 'api-key.sha256'), /^[0-9a-f]{64}\s*$/))

const isMine = ({ uid }: Stats): boolean => process.getuid === undefined || uid === process.getuid()

/** A folder that nothing of ours is in. Its mode stays as it is: others may rely on it. */
const standingOfOther = (folder: string, stats: Stats, names: ReadonlySet<string>): Standing => {
  const inside = join(folder, 'backscroll')
  if ((stats.mode & OTHERS_CAN_WRITE) !== 0)
    return refused(
      `DATA_DIR (${folder}) is shared: other users of the machine can write to it. Give the server a folder of its own, such as ${inside}.`
    )
  const taken = [...names].filter(name => USED_NAMES.has(name))
  const isPrivate = isMine(stats) && (stats.mode & OTHERS_CAN_ENTER) === 0
  if (taken.length > 0 || (names.size > 0 && !isPrivate))
    return refused(
      `DATA_DIR (${folder}) holds files that are not of this server${taken.length === 0 ? '' : ` (${taken.join(', ')})`}. Give it a folder of its own, such as ${inside}.`
    )
  return { kind: 'new' }
}

/** What remains of a server whose database is gone. */
const leftoversIn = (folder: string, names: ReadonlySet<string>): ReadonlyArray<string> => [
  ...KEPT_FILES.filter(name => names.has(name)),
  ...KEPT_FOLDERS.filter(name => names.has(name) && readdirSync(join(folder, name)).length > 0),
  ...((sizeOf(join(folder, `${DATABASE}-wal`)) ?? 0) > 0 ? [`${DATABASE}-wal`] : [])
]

const describe = ({ id, name }: { readonly id: number; readonly name: string }): string =>
  `${id} (${name.replaceAll('_', ' ').slice(0, 60)})`

const standingOfDatabase = (folder: string, names: ReadonlySet<string>, database: DatabaseFile): Standing => {
  const file = join(folder, DATABASE)
  switch (database.kind) {
    case 'ours': {
      const newer = newerThan(database.upgrades)
      return newer === undefined
        ? { kind: 'ours', isEmpty: false, leftovers: [] }
        : refused(
            `The database ${file} was written by a newer version: it has the upgrade ${describe(newer.found)}, and this version knows those up to ${describe(newer.known)}. Start the newer version, or restore a backup from before the upgrade. Nothing was changed.`,
            true
          )
    }
    case 'missing':
    case 'empty':
      return { kind: 'ours', isEmpty: true, leftovers: leftoversIn(folder, names) }
    case 'damaged':
      return refused(`The database ${file} is damaged: ${database.reason}. ${restoreAdvice(folder)}.`, true)
    case 'foreign':
      return refused(
        `The database ${file} is not one of this server: ${database.reason}. Choose another DATA_DIR.`
      )
    case 'unreadable':
      return refused(
        `The database ${file} cannot be read: ${database.reason}. Make the files in DATA_DIR readable and writable for this process.`,
        true
      )
  }
}

/** What this folder is. Changes nothing; throws what the operating system refuses. */
export const inspectFolder = (folder: string): Standing => {
  const stats = statSync(folder, { throwIfNoEntry: false })
  if (stats === undefined) return { kind: 'new' }
  if (!stats.isDirectory()) return refused(`DATA_DIR (${folder}) is a file. Choose a folder.`)
  const names = new Set(readdirSync(folder).filter(name => !OF_THE_FILE_SYSTEM.has(name)))
  const database = inspectDatabase(join(folder, DATABASE))
  if (!isUsed(folder, names, database)) return standingOfOther(folder, stats, names)
  return standingOfDatabase(folder, names, database)
}
