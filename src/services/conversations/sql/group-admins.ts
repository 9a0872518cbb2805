// Who may delete other people's messages in a group, in SQL.
import { Effect } from 'effect'
import type { SqlClient } from 'effect/sql'
import { moveRows } from '../../database/dialect.ts'
import type { GroupRole } from '../queries.ts'
import type { GroupAdminsWrite } from '../writes.ts'

export const putGroupAdmins = Effect.fnUntraced(function* (
  sql: SqlClient.SqlClient,
  accountId: string,
  { people, threadId, listed }: GroupAdminsWrite
) {
  if (listed === 'all') {
    yield* sql`DELETE FROM group_admins WHERE thread_id = ${threadId}`
    yield* sql`UPDATE threads SET admins_known = 1 WHERE thread_id = ${threadId}`
  }
  for (const person of people) {
    yield* listed === 'demoted'
      ? sql`DELETE FROM group_admins WHERE thread_id = ${threadId} AND person = ${person}`
      : sql`INSERT INTO group_admins (account_id, thread_id, person) VALUES (${accountId}, ${threadId}, ${person})
          ON CONFLICT DO NOTHING`
  }
})

export const groupRole = Effect.fnUntraced(function* (
  sql: SqlClient.SqlClient,
  threadId: string,
  person: string
) {
  const [row] = yield* sql<{ known: number; admin: number }>`SELECT admins_known AS known,
      EXISTS (SELECT 1 FROM group_admins WHERE thread_id = ${threadId} AND person = ${person}) AS admin
    FROM threads WHERE thread_id = ${threadId}`
  const role: GroupRole = row?.admin === 1 ? 'admin' : row?.known === 1 ? 'member' : 'unknown'
  return role
})

/** A person's address became another one's. */
export const renameGroupAdmin = (sql: SqlClient.SqlClient, accountId: string, from: string, to: string) =>
  moveRows(
    sql,
    'keepExisting',
    { table: 'group_admins', column: 'person', key: ['account_id', 'person'] },
    to,
    [accountId, from]
  )

/** In the order of their addresses. */
export const groupAdmins = (sql: SqlClient.SqlClient, threadId: string) =>
  Effect.map(
    sql<{ person: string }>`SELECT person FROM group_admins WHERE thread_id = ${threadId} ORDER BY person`,
    rows => rows.map(({ person }) => person)
  )
