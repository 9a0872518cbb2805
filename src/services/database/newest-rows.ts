// Tables in which others can make this server keep rows: of each of them the newest are kept, so many and so large.
import { Effect } from 'effect'
import type { SqlClient, Statement } from 'effect/sql'

export interface Bound {
  readonly rows: number
  /** Of what is in the rows. */
  readonly bytes: number
}

interface Bounded {
  readonly table: string
  /** The column whose numbers grow from row to row. */
  readonly order: string
  /** The column that is large. */
  readonly content: string
  /** The column by whose values the rows are counted. */
  readonly of: string
}

/** Removes, of the rows that fulfil a condition, the oldest beyond the bound for each value of a column. Answers how many. */
export const keepNewestRows = (
  sql: SqlClient.SqlClient,
  { content, of, order, table }: Bounded,
  where: Statement.Fragment,
  most: Bound
) => {
  const newestFirst = `OVER (PARTITION BY ${of} ORDER BY ${order} DESC)`
  const counted = sql.literal(
    `${order}, ROW_NUMBER() ${newestFirst} AS place, SUM(octet_length(${content})) ${newestFirst} AS bytes`
  )
  const beyond = sql`SELECT ${sql.literal(order)} FROM (SELECT ${counted} FROM ${sql.literal(table)} WHERE ${where}) AS counted
    WHERE place > ${most.rows} OR bytes > ${most.bytes}`
  return Effect.map(
    sql`DELETE FROM ${sql.literal(table)} WHERE ${sql.literal(order)} IN (${beyond}) RETURNING 1`,
    rows => rows.length
  )
}
