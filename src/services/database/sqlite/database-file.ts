// What a database file is, found out without changing it: missing, empty, ours and of which version, somebody else's, damaged.
import { closeSync, openSync, readSync, statSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { pathToFileURL } from 'node:url'

/** An upgrade that a database has had. */
export interface Upgrade {
  readonly id: number
  readonly name: string
}

export type DatabaseFile =
  | { readonly kind: 'missing' }
  /** No bytes, or no tables: nothing was ever stored in it, or all of it was removed. */
  | { readonly kind: 'empty' }
  | { readonly kind: 'ours'; readonly upgrades: ReadonlyArray<Upgrade> }
  | { readonly kind: 'foreign' | 'damaged' | 'unreadable'; readonly reason: string }

/** In the header of our databases since upgrade 32: "BkSc". */
export const APPLICATION_ID = 0x42_6b_53_63

const HEADER_BYTES = 100
const MAGIC = 'SQLite format 3\0'
/** SQLITE_CORRUPT and SQLITE_NOTADB */
export const DAMAGED_CODES: ReadonlySet<number> = new Set([11, 26])

/** The size of a file in bytes; `undefined` when there is none. */
export const sizeOf = (file: string): number | undefined => statSync(file, { throwIfNoEntry: false })?.size

const headerOf = (file: string): Buffer => {
  const handle = openSync(file, 'r')
  try {
    const header = Buffer.alloc(HEADER_BYTES)
    return header.subarray(0, readSync(handle, header, 0, HEADER_BYTES, 0))
  } finally {
    closeSync(handle)
  }
}

/** How many bytes the file should have by its header. A file with a write-ahead log may be shorter. */
const sizeByHeader = (header: Buffer): number => {
  const pageSize = header.readUInt16BE(16)
  // Offsets 24 and 92 are equal when the number of pages at 28 is to be trusted.
  const isTrusted = header.readUInt32BE(24) === header.readUInt32BE(92)
  return isTrusted ? header.readUInt32BE(28) * (pageSize === 1 ? 65_536 : pageSize) : 0
}

const sqliteCode = (cause: unknown): number =>
  cause instanceof Error && 'errcode' in cause && typeof cause.errcode === 'number' ? cause.errcode & 0xff : 0

const wordsOf = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause))

const problemOf = (cause: unknown): DatabaseFile => ({
  kind: DAMAGED_CODES.has(sqliteCode(cause)) ? 'damaged' : 'unreadable',
  reason: wordsOf(cause)
})

const hasLog = (file: string): boolean => (sizeOf(`${file}-wal`) ?? 0) > 0

/** Opens it to read. `immutable` keeps SQLite from making files of its own beside it. */
const openUnchanged = (file: string): DatabaseSync => {
  const location = pathToFileURL(file)
  if (!hasLog(file)) location.searchParams.set('immutable', '1')
  return new DatabaseSync(location, { readOnly: true, timeout: 1000 })
}

/** What tables the file has. */
const lookInside = (file: string): DatabaseFile => {
  const database = openUnchanged(file)
  try {
    const tables = database
      .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
      .all()
      .map(({ name }) => name)
    if (tables.length === 0) return { kind: 'empty' }
    const applicationId = database.prepare('PRAGMA application_id').get()?.['application_id']
    const isOurs =
      tables.includes('migrations') &&
      (applicationId === APPLICATION_ID || (tables.includes('vault_check') && tables.includes('accounts')))
    if (!isOurs) return { kind: 'foreign', reason: 'it is a database of another program' }
    const upgrades = database
      .prepare('SELECT migration_id AS id, name FROM migrations ORDER BY migration_id')
      .all()
      .map(({ id, name }) => ({ id: Number(id), name: String(name) }))
    return { kind: 'ours', upgrades }
  } finally {
    database.close()
  }
}

/** Reads the header and the list of tables; the file and what lies beside it stay as they are. */
export const inspectDatabase = (file: string): DatabaseFile => {
  const size = sizeOf(file)
  if (size === undefined) return { kind: 'missing' }
  try {
    if (!statSync(file).isFile()) return { kind: 'foreign', reason: 'it is not a file' }
    if (size === 0) return { kind: 'empty' }
    const header = headerOf(file)
    if (header.length < HEADER_BYTES || header.toString('latin1', 0, MAGIC.length) !== MAGIC)
      return { kind: 'damaged', reason: 'it does not begin as SQLite databases do' }
    const expected = sizeByHeader(header)
    if (!hasLog(file) && size < expected)
      return { kind: 'damaged', reason: `it has ${size} bytes instead of ${expected}: the end is missing` }
    return lookInside(file)
  } catch (cause) {
    return problemOf(cause)
  }
}

/** The first row of an answer; the file and what lies beside it stay as they are. */
export const firstRowIn = (
  file: string,
  statement: string
): Readonly<Record<string, unknown>> | undefined => {
  const database = openUnchanged(file)
  try {
    return database.prepare(statement).get()
  } finally {
    database.close()
  }
}
