// One open SQLite database as Effect's SQL knows a connection: prepared statements are kept, and a locked database is waited for.
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite'
import { Effect, Schedule, Stream } from 'effect'
import { type SqlConnection, SqlError } from 'effect/sql'
import { searchable } from '../../../domain/search-text.ts'
import type { SqlBulk } from '../bulk.ts'
import { LOG_BYTES } from './checkpoints.ts'
import type { FileWatch } from './file-watch.ts'

const CACHED_STATEMENTS = 200

/** A locked database is tried again for about five seconds, as long as a backup may take, before it is reported. */
const LOCK_ATTEMPTS = 33

/** Whether SQLite takes it as it is. */
const isBindable = (value: unknown): value is SQLInputValue =>
  typeof value === 'string' || typeof value === 'number' || value === null || value instanceof Uint8Array

/** A row as it is bound: almost all of them can be taken as they are. */
const bound = (row: ReadonlyArray<unknown>): ReadonlyArray<SQLInputValue> =>
  row.every(isBindable) ? row : row.map(bindable)

const bindable = (value: unknown): SQLInputValue => {
  if (value === undefined || value === null) return null
  if (typeof value === 'boolean') return value ? 1 : 0
  if (typeof value === 'number' || typeof value === 'bigint' || typeof value === 'string') return value
  if (value instanceof Uint8Array) return value
  throw new TypeError(`A ${typeof value} cannot be stored in SQLite`)
}

/** A connection that writes. A database in memory can begin as an image. */
export const openWriter = (file: string, image?: Uint8Array): DatabaseSync => {
  // Waiting inside SQLite would stop every account: who finds the database locked waits outside, below.
  const database = new DatabaseSync(file, { timeout: 50 })
  if (image !== undefined) database.deserialize(image)
  // NORMAL: COMMIT does not wait for the disk. That a committed transaction survives a power cut, which "written before acknowledged" rests
  // on, is the matter of log-flush.ts.
  // The log is copied by checkpoints.ts; SQLite does it itself should the log become several times as large.
  database.exec(
    `PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON; PRAGMA temp_store=MEMORY; PRAGMA secure_delete=ON; PRAGMA cache_size=-12288; PRAGMA wal_autocheckpoint=16000; PRAGMA journal_size_limit=${LOG_BYTES}; SELECT 1 FROM sqlite_master`
  )
  return withFunctions(database)
}

/** A connection that reads what is committed, beside the one that writes. */
export const openReader = (file: string): DatabaseSync => {
  const database = new DatabaseSync(file, { readOnly: true, timeout: 50 })
  database.exec('PRAGMA temp_store=MEMORY; PRAGMA cache_size=-12288')
  return withFunctions(database)
}

/** What the full-text index takes of a text; statements that search names need it too. */
const withFunctions = (database: DatabaseSync): DatabaseSync => {
  database.function('searchable', { deterministic: true }, text =>
    typeof text === 'string' ? searchable(text) : null
  )
  return database
}

/** Node calls SQLite's result code `errcode`; Effect's classification of errors reads `errno`. */
const withErrno = (cause: unknown): unknown =>
  cause instanceof Error && 'errcode' in cause ? Object.assign(cause, { errno: cause.errcode }) : cause

export const failure = (thrown: unknown, operation: string): SqlError.SqlError => {
  const cause = withErrno(thrown)
  return new SqlError.SqlError({
    reason: SqlError.classifySqliteError(cause, { message: 'SQLite refused a statement', operation })
  })
}

const UNTIL_UNLOCKED = { schedule: Schedule.spaced('100 millis'), times: LOCK_ATTEMPTS }

export const BEGIN = 'BEGIN IMMEDIATE'

/** Runs a statement; damage is noted, and no transaction begins on a file that is not there any more. */
const guarded =
  (watch: FileWatch) =>
  <A>(text: string, work: () => A): A => {
    if (text === BEGIN) watch.assertInPlace()
    try {
      return work()
    } catch (cause) {
      watch.noteError(cause)
      throw cause
    }
  }

export type SqliteConnection = SqlConnection.Connection & SqlBulk['Service']

export const makeConnection = (database: DatabaseSync, watch: FileWatch): SqliteConnection => {
  const guard = guarded(watch)
  const statements = new Map<string, StatementSync>()
  const prepare = (text: string): StatementSync => {
    const known = statements.get(text)
    if (known !== undefined) return known
    const prepared = database.prepare(text)
    if (statements.size >= CACHED_STATEMENTS) {
      const oldest = statements.keys().next()
      if (oldest.done !== true) statements.delete(oldest.value)
    }
    statements.set(text, prepared)
    return prepared
  }
  // Within a transaction the lock is ours already; what fails then has to fail the whole of it.
  const canWait = (error: SqlError.SqlError): boolean =>
    error.reason._tag === 'LockTimeoutError' && !database.isTransaction
  const run = <A>(operation: string, text: string, work: () => A): Effect.Effect<A, SqlError.SqlError> => {
    const once = Effect.try({ try: () => guard(text, work), catch: cause => failure(cause, operation) })
    return Effect.catchIf(once, canWait, () => Effect.retry(once, { while: canWait, ...UNTIL_UNLOCKED }))
  }

  const rows: SqlConnection.Connection['execute'] = (text, params, transform) =>
    run('execute', text, () => {
      const found = prepare(text).all(...params.map(bindable))
      return transform === undefined ? found : transform(found)
    })
  const values: SqlConnection.Connection['executeValues'] = (text, params) =>
    run('execute', text, () =>
      prepare(text)
        .all(...params.map(bindable))
        .map(row => Object.values(row))
    )
  return {
    execute: rows,
    executeRaw: (text, params) => run('execute', text, () => prepare(text).run(...params.map(bindable))),
    executeValues: values,
    executeValuesUnprepared: values,
    executeUnprepared: rows,
    executeStream: (text, params, transform) => Stream.fromIterableEffect(rows(text, params, transform)),
    runMany: (text, many) =>
      run('runMany', text, () => {
        const statement = prepare(text)
        for (const row of many) statement.run(...bound(row))
      }),
    insertMany: (text, many) =>
      run('insertMany', text, () => {
        const statement = prepare(text)
        return many.map(row => Number(statement.run(...bound(row)).lastInsertRowid))
      })
  }
}
