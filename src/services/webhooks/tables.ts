// The tables of webhooks. One for all accounts stays when an account goes; what waits of that account goes.
import { Effect } from 'effect'
import { least } from '../database/dialect.ts'
import { OF_ACCOUNT, type OwnedTable, type TableChange, type ThreadMerge } from '../database/tables.ts'

/** What waits of both conversations waits in one lane, from the earlier event on: the later one is delivered again. */
const mergeLanes: TableChange<ThreadMerge> = (sql, { from, to }) =>
  Effect.andThen(
    sql`INSERT INTO webhook_lanes (webhook_id, account_id, thread_id, event_id, attempts, next_at, batch_upto)
      SELECT webhook_id, account_id, ${to}, event_id, attempts, next_at, batch_upto FROM webhook_lanes WHERE thread_id = ${from}
      ON CONFLICT (webhook_id, thread_id) DO UPDATE SET
        event_id = ${sql.literal(least(sql, 'webhook_lanes.event_id', 'excluded.event_id'))}`,
    Effect.asVoid(sql`DELETE FROM webhook_lanes WHERE thread_id = ${from}`)
  )

export const webhookTables: ReadonlyArray<OwnedTable> = [
  { name: 'webhooks', account: OF_ACCOUNT },
  // A webhook that is limited to threads belongs to their account, and goes with it.
  {
    name: 'webhook_threads',
    account: OF_ACCOUNT,
    thread: { column: 'thread_id', onMerge: 'keepExisting' }
  },
  {
    name: 'webhook_lanes',
    account: OF_ACCOUNT,
    thread: { column: 'thread_id', onMerge: mergeLanes },
    queue: {
      gauge: 'webhook_lanes_failing',
      description: 'Conversations of which an endpoint has not taken an event yet',
      waiting: `attempts > 0 AND webhook_id IN (SELECT webhook_id FROM webhooks WHERE state = 'active')`
    }
  },
  { name: 'webhook_deliveries', account: OF_ACCOUNT, written: { column: 'at', order: 'delivery_id' } },
  { name: 'webhook_dead_letters', account: OF_ACCOUNT, written: { column: 'at', order: 'dead_letter_id' } },
  { name: 'webhook_replays' },
  { name: 'webhook_missed' }
]
