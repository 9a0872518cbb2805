// An upgrade that is a list of SQL statements, run in their order.
import { Effect } from 'effect'
import { SqlClient } from 'effect/sql'

export const statements = (...texts: ReadonlyArray<string>) =>
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    for (const text of texts) yield* sql.unsafe(text)
  })
