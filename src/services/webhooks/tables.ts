// The tables of webhooks. One for all accounts stays when an account goes; what waits of that account goes.
import { Clock, Effect } from 'effect'
import { least } from '../database/dialect.ts'
import {
  type AccountRemoval,
  OF_ACCOUNT,
  type OwnedTable,
  type PersonRemoval,
  type TableChange,
  type ThreadMerge
} from '../database/tables.ts'

/** What waits of both conversations waits in one lane, from the earlier event on: the later one is delivered again. */
const mergeLanes: TableChange<ThreadMerge> = (sql, { from, to }) =>
  Effect.andThen(
    sql`INSERT INTO webhook_lanes (webhook_id, account_id, thread_id, event_id, attempts, next_at, batch_upto)
      SELECT webhook_id, account_id, ${to}, event_id, attempts, next_at, batch_upto FROM webhook_lanes WHERE thread_id = ${from}
      ON CONFLICT (webhook_id, thread_id) DO UPDATE SET
        event_id = ${sql.literal(least(sql, 'webhook_lanes.event_id', 'excluded.event_id'))}`,
    Effect.asVoid(sql`DELETE FROM webhook_lanes WHERE thread_id = ${from}`)
  )

/** A server may answer with what it was sent. Requests of several accounts are of none. */
const forgetAnswers =
  (table: 'webhook_deliveries' | 'webhook_dead_letters'): TableChange<PersonRemoval> =>
  (sql, { accountId }) =>
    Effect.asVoid(
      sql`UPDATE ${sql(table)} SET answer = NULL WHERE account_id = ${accountId} OR account_id IS NULL`
    )

/** Nor are those kept that come later, to what was sent before. */
const keepNoAnswersUntilNow: TableChange<PersonRemoval> = (sql, { accountId }) =>
  Effect.flatMap(Clock.currentTimeMillis, now =>
    Effect.asVoid(
      sql`UPDATE webhooks SET answers_kept_from = ${now + 1} WHERE account_id = ${accountId} OR account_id IS NULL`
    )
  )

const removeDeliveries: TableChange<AccountRemoval> = (sql, { accountId }) =>
  Effect.andThen(
    sql`DELETE FROM webhook_deliveries WHERE account_id = ${accountId}`,
    Effect.asVoid(sql`UPDATE webhook_deliveries SET answer = NULL WHERE account_id IS NULL`)
  )

export const webhookTables: ReadonlyArray<OwnedTable> = [
  { name: 'webhooks', account: OF_ACCOUNT, onPersonRemoval: keepNoAnswersUntilNow },
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
  {
    name: 'webhook_deliveries',
    account: { column: 'account_id', onRemoval: removeDeliveries },
    onPersonRemoval: forgetAnswers('webhook_deliveries'),
    written: { column: 'at', order: 'delivery_id' }
  },
  {
    name: 'webhook_dead_letters',
    account: OF_ACCOUNT,
    onPersonRemoval: forgetAnswers('webhook_dead_letters'),
    written: { column: 'at', order: 'dead_letter_id' }
  },
  { name: 'webhook_replays' },
  { name: 'webhook_missed' }
]
