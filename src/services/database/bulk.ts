// One statement for many rows.
import { Context, type Effect } from 'effect'
import type { SqlError } from 'effect/sql'

/** One statement for many rows, as fast as the database can, inside the caller's transaction or in one of its own. */
export class SqlBulk extends Context.Service<
  SqlBulk,
  {
    readonly runMany: (
      statement: string,
      rows: ReadonlyArray<ReadonlyArray<unknown>>
    ) => Effect.Effect<void, SqlError.SqlError>
    /** Inserts the rows; the numbers that the database has given them, in their order. */
    readonly insertMany: (
      statement: string,
      rows: ReadonlyArray<ReadonlyArray<unknown>>
    ) => Effect.Effect<ReadonlyArray<number>, SqlError.SqlError>
  }
>()('backscroll/services/database/SqlBulk') {}
