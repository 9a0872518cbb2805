// What the statements work with that write the tables of conversations.
import { Clock, Effect } from 'effect'
import { SqlClient } from 'effect/sql'
import { SqlBulk } from '../../database/bulk.ts'
import { EventLog } from '../../events/event-log.ts'

export interface WriteContext {
  readonly sql: SqlClient.SqlClient
  readonly bulk: SqlBulk['Service']
  readonly eventLog: EventLog['Service']
  /** Milliseconds since 1970. */
  readonly now: () => number
}

export const writeContext: Effect.Effect<WriteContext, never, SqlClient.SqlClient | SqlBulk | EventLog> =
  Effect.gen(function* () {
    const clock = yield* Clock.Clock
    return {
      sql: yield* SqlClient.SqlClient,
      bulk: yield* SqlBulk,
      eventLog: yield* EventLog,
      now: () => clock.currentTimeMillisUnsafe()
    }
  })
