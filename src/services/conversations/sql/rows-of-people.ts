// Rows that wait for a message that may never come, each with who made it in `by_person`: of each person only so many are kept. In SQL.
import { Effect } from 'effect'
import type { SqlClient } from 'effect/sql'
import { listOf } from '../../database/dialect.ts'
import { keepNewestRows } from '../../database/newest-rows.ts'

export interface RowsOfPeople {
  readonly table: string
  /** The column whose numbers grow from row to row. */
  readonly order: string
  /** The column that is large. */
  readonly content: string
}

/** Of one person. Receipts of a device that was away for long are some hundreds; what is larger than this all together is no use of it. */
const MOST_OF_PERSON = { rows: 5000, bytes: 16 * 1024 * 1024 }

/** Removes the oldest of these people beyond what is kept of each; answers how many. Hardly anybody has any. */
export const removeOldestOfPeople = Effect.fnUntraced(function* (
  sql: SqlClient.SqlClient,
  rows: RowsOfPeople,
  accountId: string,
  people: ReadonlyArray<string>
) {
  const isOfPeople = sql`account_id = ${accountId} AND by_person IN ${listOf(sql, people)}`
  const [any] = yield* sql`SELECT 1 FROM ${sql.literal(rows.table)} WHERE ${isOfPeople} LIMIT 1`
  return any === undefined
    ? 0
    : yield* keepNewestRows(sql, { ...rows, of: 'by_person' }, isOfPeople, MOST_OF_PERSON)
})

export const renamePerson = (
  sql: SqlClient.SqlClient,
  { table }: RowsOfPeople,
  accountId: string,
  from: string,
  to: string
) =>
  sql`UPDATE ${sql.literal(table)} SET by_person = ${to} WHERE account_id = ${accountId} AND by_person = ${from}`
