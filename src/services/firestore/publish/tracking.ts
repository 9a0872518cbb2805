// Puts every changed document into the queue, in the transaction of the change: by triggers, so that no statement of any
// service can forget it.
import { Effect } from 'effect'
import { SqlClient } from 'effect/sql'
import { columnsOf, nowMs } from '../../database/dialect.ts'
import { HISTORY_LANE } from './pace.ts'
import { pathIn } from './paths.ts'
import { eachPageOfPaths } from './queue.ts'
import { DOCUMENT_TABLES, TRACKED_TABLES } from './tracked-tables.ts'
import { createTriggers, dropTriggers } from './triggers.ts'

/** Rows per statement, so that other work gets its turn. */
const PAGE = 5000

const runAll = (sql: SqlClient.SqlClient, statements: ReadonlyArray<string>) =>
  Effect.forEach(statements, statement => sql.unsafe(statement), { discard: true })

/** Stops tracking changes. */
export const removeTracking = Effect.flatMap(SqlClient.SqlClient, sql =>
  runAll(
    sql,
    TRACKED_TABLES.flatMap(table => dropTriggers(sql, table))
  )
)

/** Tracks every change from now on. To be run at every start: another version may have other columns. */
export const installTracking = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const install = Effect.gen(function* () {
    yield* removeTracking
    for (const tracked of TRACKED_TABLES) {
      const columns = yield* columnsOf(sql, tracked.table)
      yield* runAll(
        sql,
        createTriggers(
          sql,
          tracked,
          columns.map(({ name }) => name)
        )
      )
    }
  })
  yield* sql.withTransaction(install)
})

/** Puts every path that a statement selects into the queue, unless the path is there already. */
const enqueuePaths = (sql: SqlClient.SqlClient, select: string, lane: number) =>
  `INSERT INTO firestore_documents (path, lane, due, noted_at)
    SELECT path, ${lane}, ${nowMs(sql)}, ${nowMs(sql)} FROM (${select}) AS found WHERE TRUE
    ON CONFLICT (path) DO NOTHING`

/** Makes every document due that was ever published. */
const enqueuePublished = (sql: SqlClient.SqlClient) =>
  eachPageOfPaths(sql, PAGE, paths =>
    Effect.andThen(
      sql.unsafe(
        `UPDATE firestore_documents SET due = ${nowMs(sql)}, noted_at = ${nowMs(sql)}
          WHERE path >= ? AND path <= ? AND due IS NULL`,
        [paths.at(0), paths.at(-1)]
      ),
      Effect.yieldNow
    )
  )

/** Puts the messages into the queue, thread by thread. */
const enqueueMessages = Effect.fnUntraced(function* (sql: SqlClient.SqlClient) {
  const threads = yield* sql<{ id: string }>`SELECT thread_id AS id FROM threads`
  const select = `SELECT ${pathIn.messages('m')} AS path FROM messages m WHERE m.thread_id = ?`
  for (const { id } of threads) {
    yield* sql.unsafe(enqueuePaths(sql, select, HISTORY_LANE), [id])
    yield* Effect.yieldNow
  }
})

/**
 * Puts everything that is stored, and everything that was ever published, into the queue. A document that has not changed
 * is compared by its digest and not written again.
 */
export const enqueueEverything = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* enqueuePublished(sql)
  for (const { lane, table } of DOCUMENT_TABLES) {
    yield* sql.unsafe(enqueuePaths(sql, `SELECT ${pathIn[table](table)} AS path FROM ${table}`, lane))
  }
  yield* enqueueMessages(sql)
})
