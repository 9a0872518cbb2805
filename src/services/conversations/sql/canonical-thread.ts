// Under which id a thread is stored, in SQL.
import { Effect } from 'effect'
import type { SqlClient } from 'effect/sql'
import { parseThreadId, threadIdOf } from '../../../domain/ids.ts'

/**
 * An old thread id keeps answering: its address leads to the thread it was merged into. The id of a thread whose number went to
 * somebody else leads to the thread it was, and not to that person's.
 */
export const canonicalThreadId = Effect.fnUntraced(function* (sql: SqlClient.SqlClient, threadId: string) {
  const parts = parseThreadId(threadId)
  if (parts === undefined) return threadId
  const [row] = yield* sql<{ person: string }>`
    SELECT COALESCE(thread_person, person) AS person FROM addresses
    WHERE account_id = ${parts.accountId} AND jid = ${parts.jid}
    UNION ALL SELECT person FROM number_spellings
      WHERE account_id = ${parts.accountId} AND jid = ${parts.jid}
    LIMIT 1`
  return row === undefined ? threadId : threadIdOf(parts.accountId, row.person)
})
