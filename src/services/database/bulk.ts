// One statement for many rows.
import { Context, type Effect } from 'effect'
import type { SqlError } from 'effect/sql'

/** Runs one statement for many rows as fast as the database can, inside the caller's transaction or in one of its own. */
export class SqlBulk extends Context.Service<
  SqlBulk,
  {
    readonly runMany: (
      statement: string,
      rows: ReadonlyArray<ReadonlyArray<unknown>>
    ) => Effect.Effect<void, SqlError.SqlError>
  }
>()('backscroll/services/database/SqlBulk') {}
