// One transaction of the database around work of several services.
import { Context, Effect, Layer, Option } from 'effect'
import { SqlClient, type SqlError } from 'effect/sql'
import { asDatabaseError, type DatabaseError } from './error.ts'

/**
 * Whether transactions may be committed together with others that wait for their turn. Long ones should not be: the others would
 * wait for their end.
 */
export const SharesCommit = Context.Reference<boolean>('backscroll/services/database/SharesCommit', {
  defaultValue: () => true
})

/**
 * Whether the commit of a transaction may wait some milliseconds for another one that shares it, asked when it would commit: for what
 * nobody is kept waiting by. One with `SharesCommit` `false` does not wait.
 */
export const CommitsLater = Context.Reference<() => boolean>('backscroll/services/database/CommitsLater', {
  defaultValue: () => () => false
})

/**
 * Runs the work as a part of the caller's transaction, or in one of its own. Unlike `sql.withTransaction` it makes no savepoint: within
 * a transaction, a failure of the work has to fail the whole of it.
 */
export const joinTransaction =
  (sql: SqlClient.SqlClient) =>
  <A, E, R>(work: Effect.Effect<A, E, R>): Effect.Effect<A, E | SqlError.SqlError, R> =>
    Effect.flatMap(
      Effect.serviceOption(sql.transactionService),
      (running): Effect.Effect<A, E | SqlError.SqlError, R> =>
        Option.isSome(running) ? work : sql.withTransaction(work)
    )

export class Transaction extends Context.Service<
  Transaction,
  {
    /**
     * Commits everything the work writes, or nothing of it when the work fails. Within another transaction the work is a
     * part of that one, and is rolled back alone.
     */
    readonly run: <A, E, R>(work: Effect.Effect<A, E, R>) => Effect.Effect<A, E | DatabaseError, R>
    /** The same, but within another transaction a failure of the work has to fail the whole of that one. */
    readonly join: <A, E, R>(work: Effect.Effect<A, E, R>) => Effect.Effect<A, E | DatabaseError, R>
    /** The same for work that is short: it may share its commit with others. */
    readonly joinShort: <A, E, R>(work: Effect.Effect<A, E, R>) => Effect.Effect<A, E | DatabaseError, R>
  }
>()('backscroll/services/database/Transaction') {
  static readonly layer: Layer.Layer<Transaction, never, SqlClient.SqlClient> = Layer.effect(
    Transaction,
    Effect.map(SqlClient.SqlClient, sql =>
      Transaction.of({
        run: <A, E, R>(work: Effect.Effect<A, E, R>) =>
          sql
            .withTransaction(work)
            .pipe(Effect.provideService(SharesCommit, false), asDatabaseError('transaction')),
        join: <A, E, R>(work: Effect.Effect<A, E, R>) =>
          joinTransaction(sql)(work).pipe(
            Effect.provideService(SharesCommit, false),
            asDatabaseError('transaction')
          ),
        joinShort: <A, E, R>(work: Effect.Effect<A, E, R>) =>
          joinTransaction(sql)(work).pipe(asDatabaseError('transaction'))
      })
    )
  )
}
