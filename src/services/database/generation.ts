// Which state of which database this is: a number that grows with everything stored, in the database and in a file beside it. A copy
// of the database that is older than the folder is recognised by it when the server starts.
import { randomUUID } from 'node:crypto'
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Clock, Context, Effect, Layer, Option, Schedule, Schema, type Scope } from 'effect'
import { SqlClient } from 'effect/sql'
import { asDatabaseError, DatabaseError } from './error.ts'
import { DatabaseHealth } from './health.ts'
import { GENERATION_FILE } from './sqlite/folder-inspection.ts'

/** What the database is beside the folder's file. */
export type FoundDatabase =
  | { readonly kind: 'current' }
  /** Something that was stored is missing. `since`: it was whole until then at least, milliseconds since 1970; `null`: unknown. */
  | { readonly kind: 'older'; readonly since: number | null; readonly reason: string }

export class Generation extends Context.Service<
  Generation,
  {
    readonly found: FoundDatabase
    /**
     * To be run once what is missing is noted: from now on this is the state that counts. Raises the number every minute in which
     * something was stored, and at the end, until the scope closes.
     */
    readonly begin: Effect.Effect<void, DatabaseError, Scope.Scope>
  }
>()('backscroll/services/database/Generation') {
  static layer(folder: string): Layer.Layer<Generation, DatabaseError, SqlClient.SqlClient | DatabaseHealth> {
    return Layer.effect(Generation, make(folder))
  }
}

/** The file beside the database. It is written before the database, and again after it. */
const Mark = Schema.Struct({
  databaseId: Schema.String,
  generation: Schema.Int,
  /** The number that is being written into the database. */
  next: Schema.NullOr(Schema.Int),
  /** Whether a server has the database open. When one is killed, the log of the database stays. */
  isOpen: Schema.Boolean
})
type Mark = typeof Mark.Type

const Row = Schema.Struct({ databaseId: Schema.String, generation: Schema.Int, raisedAt: Schema.Finite })
type Row = typeof Row.Type

const decodeRow = Schema.decodeUnknownEffect(Row)
const decodeMark = Schema.decodeUnknownOption(Schema.fromJsonString(Mark))

const readMark = (file: string): Mark | undefined => {
  try {
    return Option.getOrUndefined(decodeMark(readFileSync(file, 'utf8')))
  } catch {
    return undefined
  }
}

/** Whole and on the disk before it has its name. */
const writeMark = (file: string, mark: Mark): void => {
  const unfinished = `${file}.new`
  const handle = openSync(unfinished, 'w', 0o600)
  try {
    writeFileSync(handle, `${JSON.stringify(mark)}\n`)
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
  renameSync(unfinished, file)
}

const readRow = Effect.fnUntraced(function* (sql: SqlClient.SqlClient) {
  const [row] = yield* sql`SELECT database_id, generation, raised_at FROM generation`
  return row === undefined ? undefined : yield* decodeRow(row)
})

const older = (since: number | null, reason: string): FoundDatabase => ({ kind: 'older', since, reason })

/** Compares the database with the file. `hadLog`: whether the log of the database was there when it was opened. */
export const compare = (row: Row | undefined, mark: Mark | undefined, hadLog: boolean): FoundDatabase => {
  if (row === undefined)
    return mark === undefined ? { kind: 'current' } : older(null, 'it is from before the folder was marked')
  if (mark === undefined) return older(row.raisedAt, 'it was brought into this folder')
  if (mark.databaseId !== row.databaseId) return older(row.raisedAt, 'this folder had another database')
  if (row.generation < mark.generation) return older(row.raisedAt, 'the folder has seen a newer one')
  if (mark.isOpen && !hadLog) return older(row.raisedAt, 'its log (backscroll.db-wal) is gone')
  return { kind: 'current' }
}

const RAISE_EVERY = '1 minute'

const make = Effect.fnUntraced(function* (folder: string) {
  const sql = yield* SqlClient.SqlClient
  const { openedWithLog } = yield* DatabaseHealth
  const file = join(folder, GENERATION_FILE)
  const row = yield* asDatabaseError('the generation of the database')(readRow(sql))
  const mark = readMark(file)
  const found = compare(row, mark, openedWithLog)
  let [databaseId, generation] = [
    row?.databaseId ?? randomUUID(),
    Math.max(row?.generation ?? 0, mark?.generation ?? 0)
  ]

  const write = (next: number | null, isOpen: boolean) =>
    Effect.try({
      try: () => writeMark(file, { databaseId, generation, next, isOpen }),
      catch: cause => new DatabaseError({ operation: 'writing the generation beside the database', cause })
    })

  /** File, database, file: a crash in between leaves a number that both know. */
  const raise = Effect.fnUntraced(function* (isOpen: boolean) {
    const next = generation + 1
    yield* write(next, isOpen)
    yield* sql`INSERT INTO generation (only, database_id, generation, raised_at)
        VALUES (1, ${databaseId}, ${next}, ${yield* Clock.currentTimeMillis})
        ON CONFLICT (only) DO UPDATE SET database_id = excluded.database_id, generation = excluded.generation,
          raised_at = excluded.raised_at`
    generation = next
    yield* write(null, isOpen)
  }, asDatabaseError('raising the generation of the database'))

  const changesNow = Effect.map(
    sql<{ changes: number }>`SELECT total_changes() AS changes`,
    ([found]) => found?.changes ?? 0
  )
  let seen = -1
  const raiseIfChanged = Effect.gen(function* () {
    if ((yield* changesNow) === seen) return
    yield* raise(true)
    seen = yield* changesNow
  }).pipe(Effect.catch(error => Effect.logDebug('The generation of the database could not be raised', error)))

  // A command that opened a database whose server was killed closes it in order, and with that its log is gone.
  if (found.kind === 'current' && mark?.isOpen === true)
    yield* Effect.addFinalizer(() => Effect.ignore(write(null, false)))

  const begin = Effect.gen(function* () {
    // A copy goes on as a database of its own: one that was copied from it later is no older state of this one.
    if (found.kind === 'older') databaseId = randomUUID()
    yield* raise(true)
    yield* Effect.addFinalizer(() => Effect.ignore(raise(false)))
    yield* Effect.forkScoped(Effect.repeat(raiseIfChanged, Schedule.spaced(RAISE_EVERY)))
  })
  return Generation.of({ found, begin })
})
