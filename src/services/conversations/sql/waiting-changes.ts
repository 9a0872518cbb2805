// Changes that came before their message, in SQL. Others can make up as many as they like, for messages that never come: of each person
// only so many wait.
import { Effect, Schema } from 'effect'
import type { SqlClient } from 'effect/sql'
import { MessageChange } from '../../../domain/change.ts'
import { jsonField, listOf } from '../../database/dialect.ts'
import { keepNewestRows } from '../../database/newest-rows.ts'
import type { ChangeWrite } from '../writes.ts'
import type { WriteContext } from './context.ts'

export const decodeChange = Schema.decodeUnknownEffect(Schema.fromJsonString(MessageChange))
export const encodeChange = Schema.encodeEffect(Schema.fromJsonString(MessageChange))

/** Of one person. Receipts of a device that was away for long are some hundreds; what is larger than this all together is no use of it. */
export const MOST_WAITING = { rows: 5000, bytes: 16 * 1024 * 1024 }

export const keepWaiting = Effect.fnUntraced(function* (
  { bulk, now }: Pick<WriteContext, 'bulk' | 'now'>,
  accountId: string,
  changes: ReadonlyArray<ChangeWrite>
) {
  if (changes.length === 0) return
  const since = now()
  yield* bulk.runMany(
    `INSERT INTO waiting_changes (account_id, thread_id, message_id, change, waiting_since, by_person)
      VALUES (?, ?, ?, ?, ?, ?)`,
    yield* Effect.forEach(changes, ({ by = null, change, messageId, threadId }) =>
      Effect.map(encodeChange(change), encoded => [accountId, threadId, messageId, encoded, since, by])
    )
  )
})

/** Removes the oldest that wait of these people beyond what is kept of each; answers how many. */
export const removeOldestWaiting = (
  sql: SqlClient.SqlClient,
  accountId: string,
  people: ReadonlyArray<string>
) =>
  keepNewestRows(
    sql,
    { table: 'waiting_changes', order: 'change_id', content: 'change', of: 'by_person' },
    sql`account_id = ${accountId} AND by_person IN ${listOf(sql, people)}`,
    MOST_WAITING
  )

export const renameInWaiting = (sql: SqlClient.SqlClient, accountId: string, from: string, to: string) =>
  sql`UPDATE waiting_changes SET by_person = ${to} WHERE account_id = ${accountId} AND by_person = ${from}`

export const deleteWaitingChanges = (sql: SqlClient.SqlClient, before: number) =>
  // What the owner did to messages waits for as long as it takes: they may be in the history that is fetched later.
  sql`DELETE FROM waiting_changes WHERE waiting_since < ${before}
    AND ${sql.literal(jsonField(sql, 'change', 'to'))} NOT IN ('starred', 'deletedForMe')`
