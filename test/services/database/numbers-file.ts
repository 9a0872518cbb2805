// A new database file with a table of numbers, for tests of the connection itself.
import { join } from 'node:path'
import { Effect, type Layer } from 'effect'
import { SqlClient } from 'effect/sql'
import { temporaryFolder } from '../../../harness/server-process.ts'
import * as NodeSqlite from '../../../src/services/database/sqlite/node-sqlite.ts'

/** Runs a program on it, with a table of these columns; it is given where the file is. */
export const onNumbersFile = async <A, E>(
  columns: string,
  program: (file: string) => Effect.Effect<A, E, Layer.Success<ReturnType<typeof NodeSqlite.layer>>>
): Promise<A> => {
  const folder = temporaryFolder()
  const file = join(folder.path, 'numbers.db')
  try {
    return await Effect.runPromise(
      Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        yield* sql`CREATE TABLE numbers (${sql.literal(columns)})`
        return yield* program(file)
      }).pipe(Effect.provide(NodeSqlite.layer(file)))
    )
  } finally {
    folder.remove()
  }
}
