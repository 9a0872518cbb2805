// Effect's SqlClient over the SQLite that is built into Node: no native package to install.
// One connection a database; SQLite's own locks are never met because a semaphore orders its users.
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite'
import { Context, Effect, Layer, Schedule, Semaphore, Stream } from 'effect'
import { SqlClient, type SqlConnection, SqlError, Statement } from 'effect/sql'
import { Reactivity } from 'effect/reactivity'
import { searchable } from '../../../domain/search-text.ts'
import { SqlBulk } from '../bulk.ts'
import { DatabaseHealth } from '../health.ts'
import { camelCaseRows } from '../rows.ts'
import { sizeOf } from './database-file.ts'
import { type FileWatch, watchFile } from './file-watch.ts'

const CACHED_STATEMENTS = 200

/** A locked database is tried again for about five seconds, as long as a backup may take, before it is reported. */
const LOCK_ATTEMPTS = 33

const bindable = (value: unknown): SQLInputValue => {
  if (value === undefined || value === null) return null
  if (typeof value === 'boolean') return value ? 1 : 0
  if (typeof value === 'number' || typeof value === 'bigint' || typeof value === 'string') return value
  if (value instanceof Uint8Array) return value
  throw new TypeError(`A ${typeof value} cannot be stored in SQLite`)
}

const open = (file: string, image: Uint8Array | undefined): DatabaseSync => {
  // Waiting inside SQLite would stop every account: who finds the database locked waits outside, below.
  const database = new DatabaseSync(file, { timeout: 50 })
  if (image !== undefined) database.deserialize(image)
  // FULL: a committed transaction survives a power cut, which "written before acknowledged" rests on.
  database.exec(
    'PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; PRAGMA temp_store=MEMORY; PRAGMA secure_delete=ON; PRAGMA cache_size=-12288; PRAGMA wal_autocheckpoint=8000'
  )
  // What the full-text index takes of a text; statements that search names need it too.
  database.function('searchable', { deterministic: true }, text =>
    typeof text === 'string' ? searchable(text) : null
  )
  return database
}

/** Node calls SQLite's result code `errcode`; Effect's classification of errors reads `errno`. */
const withErrno = (cause: unknown): unknown =>
  cause instanceof Error && 'errcode' in cause ? Object.assign(cause, { errno: cause.errcode }) : cause

const failure = (thrown: unknown, operation: string): SqlError.SqlError => {
  const cause = withErrno(thrown)
  return new SqlError.SqlError({
    reason: SqlError.classifySqliteError(cause, { message: 'SQLite refused a statement', operation })
  })
}

const BEGIN = 'BEGIN IMMEDIATE'

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

/**
 * A SqlClient (with SqlBulk and DatabaseHealth) on one SQLite file, or `:memory:`; closed with its scope. A database in memory can
 * begin as an `image`, which is what SQLite's serialization has made of another database.
 */
export const layer = (
  file: string,
  image?: Uint8Array
): Layer.Layer<SqlClient.SqlClient | SqlBulk | DatabaseHealth, SqlError.SqlError> =>
  Layer.effectContext(
    Effect.gen(function* () {
      const openedWithLog = sizeOf(`${file}-wal`) !== undefined
      const database = yield* Effect.acquireRelease(
        Effect.try({ try: () => open(file, image), catch: cause => failure(cause, 'open') }),
        opened => Effect.sync(() => opened.close())
      )
      const watch = watchFile(file)
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
      const run = <A>(operation: string, text: string, work: () => A): Effect.Effect<A, SqlError.SqlError> =>
        Effect.try({ try: () => guard(text, work), catch: cause => failure(cause, operation) }).pipe(
          Effect.retry({
            // Within a transaction the lock is ours already; what fails then has to fail the whole of it.
            while: error => error.reason._tag === 'LockTimeoutError' && !database.isTransaction,
            schedule: Schedule.spaced('100 millis'),
            times: LOCK_ATTEMPTS
          })
        )

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
      const connection: SqlConnection.Connection = {
        execute: rows,
        executeRaw: (text, params) => run('execute', text, () => prepare(text).run(...params.map(bindable))),
        executeValues: values,
        executeValuesUnprepared: values,
        executeUnprepared: rows,
        executeStream: (text, params, transform) => Stream.fromIterableEffect(rows(text, params, transform))
      }
      const semaphore = yield* Semaphore.make(1)
      const acquirers = SqlClient.makeSqliteAcquirers({
        connection: Effect.succeed(connection),
        semaphore,
        isTransaction: () => database.isTransaction
      })
      const client = yield* SqlClient.make({
        ...acquirers,
        driver: 'node:sqlite',
        compiler: Statement.makeCompilerSqlite(),
        beginTransaction: BEGIN,
        prepareTransactionControls: true,
        transformRows: camelCaseRows,
        spanAttributes: [['db.system.name', 'sqlite']]
      }).pipe(Effect.provide(Reactivity.layer))

      const runMany = (text: string, many: ReadonlyArray<ReadonlyArray<unknown>>) =>
        client.withTransaction(
          run('runMany', text, () => {
            const statement = prepare(text)
            for (const row of many) statement.run(...row.map(bindable))
          })
        )
      return Context.make(SqlClient.SqlClient, client).pipe(
        Context.add(SqlBulk, SqlBulk.of({ runMany })),
        Context.add(DatabaseHealth, DatabaseHealth.of({ openedWithLog, problem: watch.problem }))
      )
    })
  )
