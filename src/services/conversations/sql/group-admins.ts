// Who may delete other people's messages in a group, in SQL.
import { Effect } from 'effect'
import type { SqlClient } from 'effect/sql'
import type { GroupAdminsWrite } from '../store.ts'

export const groupAdminStatements = (sql: SqlClient.SqlClient) => ({
  put: Effect.fnUntraced(function* (accountId: string, { people, threadId, told }: GroupAdminsWrite) {
    if (told === 'all') {
      yield* sql`DELETE FROM group_admins WHERE thread_id = ${threadId}`
      yield* sql`UPDATE threads SET admins_known = 1 WHERE thread_id = ${threadId}`
    }
    for (const person of people) {
      yield* told === 'demoted'
        ? sql`DELETE FROM group_admins WHERE thread_id = ${threadId} AND person = ${person}`
        : sql`INSERT INTO group_admins (account_id, thread_id, person) VALUES (${accountId}, ${threadId}, ${person})
            ON CONFLICT DO NOTHING`
    }
  }, sql.withTransaction),

  role: Effect.fnUntraced(function* (threadId: string, person: string) {
    const [row] = yield* sql<{ known: number; admin: number }>`SELECT admins_known AS known,
        EXISTS (SELECT 1 FROM group_admins WHERE thread_id = ${threadId} AND person = ${person}) AS admin
      FROM threads WHERE thread_id = ${threadId}`
    if (row?.admin === 1) return 'admin' as const
    return row?.known === 1 ? ('member' as const) : ('unknown' as const)
  }),

  rename: (accountId: string, from: string, to: string) =>
    Effect.andThen(
      sql`UPDATE OR IGNORE group_admins SET person = ${to} WHERE account_id = ${accountId} AND person = ${from}`,
      sql`DELETE FROM group_admins WHERE account_id = ${accountId} AND person = ${from}`
    )
})
