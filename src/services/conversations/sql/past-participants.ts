// Past participants of groups in SQL.
import { Effect, Schema } from 'effect'
import type { SqlClient } from 'effect/sql'
import { PastParticipant } from '../../../domain/thread.ts'
import { moveRows } from '../../database/dialect.ts'

const decodeRows = Schema.decodeUnknownEffect(Schema.Array(PastParticipant))

export const putPastParticipants = (
  sql: SqlClient.SqlClient,
  accountId: string,
  threadId: string,
  people: ReadonlyArray<PastParticipant>
) =>
  Effect.forEach(
    people,
    ({ jid, leftAt, reason }) =>
      sql`INSERT INTO past_participants (account_id, thread_id, person, reason, left_at)
        VALUES (${accountId}, ${threadId}, ${jid}, ${reason}, ${leftAt})
        ON CONFLICT (thread_id, person) DO UPDATE SET reason = excluded.reason, left_at = excluded.left_at
        WHERE COALESCE(excluded.left_at, 0) >= COALESCE(past_participants.left_at, 0)`,
    { discard: true }
  )

export const pastParticipants = (sql: SqlClient.SqlClient, threadId: string) =>
  Effect.flatMap(
    sql`SELECT person AS jid, reason, left_at FROM past_participants WHERE thread_id = ${threadId}
      ORDER BY left_at DESC, person`,
    decodeRows
  )

/** A person's address became another one's. */
export const renamePastParticipant = (
  sql: SqlClient.SqlClient,
  accountId: string,
  from: string,
  to: string
) =>
  moveRows(
    sql,
    'keepExisting',
    { table: 'past_participants', column: 'person', key: ['account_id', 'person'] },
    to,
    [accountId, from]
  )
