// One transaction of the database around work of several services.
import { Context, Effect, Layer } from 'effect'
import { SqlClient } from 'effect/sql'
import { asDatabaseError, type DatabaseError } from './error.ts'

export class Transaction extends Context.Service<
  Transaction,
  {
    /**
     * Commits everything the work writes, or nothing of it when the work fails. Within another transaction the work is a
     * part of that one, and is rolled back alone.
     */
    readonly run: <A, E, R>(work: Effect.Effect<A, E, R>) => Effect.Effect<A, E | DatabaseError, R>
  }
>()('backscroll/services/database/Transaction') {
  static readonly layer: Layer.Layer<Transaction, never, SqlClient.SqlClient> = Layer.effect(
    Transaction,
    Effect.map(SqlClient.SqlClient, sql =>
      Transaction.of({
        run: <A, E, R>(work: Effect.Effect<A, E, R>) =>
          asDatabaseError('transaction')(sql.withTransaction(work))
      })
    )
  )
}
