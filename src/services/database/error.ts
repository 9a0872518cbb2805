// The one error of everything that reads or writes the database.
import { Effect, Schema } from 'effect'
import { SqlError } from 'effect/sql'

/**
 * The database refused, could not be reached, or holds a row that cannot be read. `operation` names what was tried; the
 * cause stays out of responses.
 */
export class DatabaseError extends Schema.TaggedError<DatabaseError>()('DatabaseError', {
  operation: Schema.String,
  cause: Schema.Defect()
}) {
  override get message(): string {
    return `The database failed at ${this.operation}`
  }
}

type Unnamed = SqlError.SqlError | Schema.SchemaError

const isUnnamed = (error: unknown): error is Unnamed =>
  SqlError.isSqlError(error) || Schema.isSchemaError(error)

/** Names the operation in which a statement or the decoding of a row failed; other errors pass unchanged. */
export const asDatabaseError =
  (operation: string) =>
  <A, E, R>(work: Effect.Effect<A, E, R>): Effect.Effect<A, Exclude<E, Unnamed> | DatabaseError, R> =>
    Effect.mapError(work, (error): Exclude<E, Unnamed> | DatabaseError =>
      isUnnamed(error) ? new DatabaseError({ operation, cause: error }) : (error as Exclude<E, Unnamed>)
    )

const MOST_CAUSES = 8

/** An error and its causes, from the outermost in. */
export function* causesOf(error: unknown): Generator<object> {
  let at = error
  for (let depth = 0; typeof at === 'object' && at !== null && depth < MOST_CAUSES; depth += 1) {
    yield at
    const cause: unknown = 'cause' in at ? at.cause : undefined
    at = cause ?? ('reason' in at ? at.reason : undefined)
  }
}

/** SQLite's result code, if it is among the causes of an error: https://www.sqlite.org/rescode.html */
export const errcodeOf = (error: unknown): number | undefined => {
  for (const cause of causesOf(error))
    if ('errcode' in cause && typeof cause.errcode === 'number') return cause.errcode
  return undefined
}

/** The words of the innermost cause: SQLite's, or those of the operating system. For people at the terminal, not for responses. */
export const innermostReason = (error: unknown): string => {
  let at = error
  for (let depth = 0; depth < MOST_CAUSES && at instanceof Object; depth += 1) {
    const inner: unknown = 'reason' in at ? at.reason : 'cause' in at ? at.cause : undefined
    if (!(inner instanceof Object)) break
    at = inner
  }
  return at instanceof Error ? at.message : String(at)
}
