// A start before the newest time in the database: the clock of the machine is wrong, or was when the database was written. Nothing is
// dated before what is stored until WhatsApp says what the time is.
import { Effect, Layer } from 'effect'
import { SqlClient } from 'effect/sql'
import { ServerTime } from '../process/steady-clock.ts'
import { asDatabaseError } from './error.ts'
import { type OwnedTable, Tables } from './tables.ts'

/** Two machines that share a database one after the other need not agree more exactly. */
const TOLERATED_MS = 60_000
/** Of each table so many of the last rows are looked at: not the very last one was written last by every clock. */
const LOOKED_AT = 100

const newestOf = (sql: SqlClient.SqlClient, { name, written }: OwnedTable) =>
  written === undefined
    ? Effect.succeed(0)
    : Effect.map(
        sql.unsafe<{ newest: number | null }>(
          `SELECT MAX(${written.column}) AS newest FROM
            (SELECT ${written.column} FROM ${name} ORDER BY ${written.order} DESC LIMIT ${LOOKED_AT}) AS last_rows`
        ),
        ([row]) => row?.newest ?? 0
      )

const iso = (time: number): string => new Date(time).toISOString()

/** To be built before anything is dated. */
export const layer = Layer.effectDiscard(
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    const time = yield* ServerTime
    const { all } = yield* Tables
    const newest = Math.max(...(yield* Effect.forEach(all, table => newestOf(sql, table))))
    const wall = time.wall()
    if (newest <= wall + TOLERATED_MS) return
    time.notBefore(newest)
    yield* Effect.logWarning('The clock of this machine is behind the newest time in the database').pipe(
      Effect.annotateLogs({ clock: iso(wall), newestInDatabase: iso(newest) })
    )
  }).pipe(asDatabaseError('the newest time in the database'))
)
