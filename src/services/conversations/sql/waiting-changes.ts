// Changes that came before their message, in SQL. Others can make up as many as they like, for messages that never come: of each person
// only so many wait.
import { Effect, Schema } from 'effect'
import type { SqlClient } from 'effect/sql'
import { MessageChange } from '../../../domain/change.ts'
import { jsonField } from '../../database/dialect.ts'
import type { ChangeWrite } from '../writes.ts'
import type { WriteContext } from './context.ts'
import type { RowsOfPeople } from './rows-of-people.ts'

export const decodeChange = Schema.decodeUnknownEffect(Schema.fromJsonString(MessageChange))
export const encodeChange = Schema.encodeEffect(Schema.fromJsonString(MessageChange))

/** Whose they are, and which are the oldest. */
export const WAITING_OF_PEOPLE: RowsOfPeople = {
  table: 'waiting_changes',
  order: 'change_id',
  content: 'change'
}

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

export const deleteWaitingChanges = (sql: SqlClient.SqlClient, before: number) =>
  // What the owner did to messages waits for as long as it takes: they may be in the history that is fetched later.
  sql`DELETE FROM waiting_changes WHERE waiting_since < ${before}
    AND ${sql.literal(jsonField(sql, 'change', 'to'))} NOT IN ('starred', 'deletedForMe')`
