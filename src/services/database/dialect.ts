// SQL that every engine writes in its own way, each construct once and named by what it means. Statements are made of these
// functions instead of an engine's own words: another engine is another branch here.
import { Effect } from 'effect'
import type { SqlClient, SqlError, Statement } from 'effect/sql'

type Sql = SqlClient.SqlClient

/** The branch of an engine that a construct has not been written for. */
export const missing = (construct: string) => (): never => {
  throw new Error(`"${construct}" is not written for this database engine`)
}

type Value = string | number | null

/** A list as a table of one column, for FROM and IN. One parameter, so that lists of any length share a statement. */
export const listOf = (sql: Sql, values: ReadonlyArray<Value>, column = 'item'): Statement.Fragment =>
  sql.onDialectOrElse({
    sqlite: () => sql`(SELECT value AS ${sql.literal(column)} FROM json_each(${JSON.stringify(values)}))`,
    orElse: missing('listOf')
  })

/** Rows as a table with these columns, for FROM and IN; like `listOf`, one parameter. */
export const rowsOf = (
  sql: Sql,
  rows: ReadonlyArray<ReadonlyArray<Value>>,
  columns: ReadonlyArray<string>
): Statement.Fragment =>
  sql.onDialectOrElse({
    sqlite: () => {
      const selected = columns.map((column, index) => `value ->> ${index} AS ${column}`).join(', ')
      return sql`(SELECT ${sql.literal(selected)} FROM json_each(${JSON.stringify(rows)}))`
    },
    orElse: missing('rowsOf')
  })

/** The lesser of two expressions that are not NULL. */
export const least = (sql: Sql, a: string, b: string): string =>
  sql.onDialectOrElse({ sqlite: () => `MIN(${a}, ${b})`, orElse: missing('least') })

/** The greater of two expressions that are not NULL. */
export const greatest = (sql: Sql, a: string, b: string): string =>
  sql.onDialectOrElse({ sqlite: () => `MAX(${a}, ${b})`, orElse: missing('greatest') })

/** A field of a JSON column, as text or number; `path` as in `download.directPath`. */
export const jsonField = (sql: Sql, column: string, path: string): string =>
  sql.onDialectOrElse({ sqlite: () => `${column} ->> '$.${path}'`, orElse: missing('jsonField') })

/** The items of a list in a JSON column, as a table whose `value` is an item. */
export const jsonItems = (sql: Sql, column: string, path: string, name: string): string =>
  sql.onDialectOrElse({
    sqlite: () => `json_each(${column}, '$.${path}') AS ${name}`,
    orElse: missing('jsonItems')
  })

/** A JSON column without one of its fields; `path` as in `download.directPath`. */
export const withoutJsonField = (sql: Sql, column: string, path: string): string =>
  sql.onDialectOrElse({
    sqlite: () => `json_remove(${column}, '$.${path}')`,
    orElse: missing('withoutJsonField')
  })

/** The values of a group of rows as a JSON array, in their order. */
export const jsonArrayOf = (sql: Sql, column: string): string =>
  sql.onDialectOrElse({
    sqlite: () => `json_group_array(${column} ORDER BY ${column})`,
    orElse: missing('jsonArrayOf')
  })

/** Whether a text begins with a constant that has no wildcards. */
export const startsWith = (sql: Sql, text: string, prefix: string): string =>
  sql.onDialectOrElse({ sqlite: () => `${text} GLOB '${prefix}*'`, orElse: missing('startsWith') })

/** Whether a text contains another one. */
export const contains = (sql: Sql, text: string, part: string): Statement.Fragment =>
  sql.onDialectOrElse({
    sqlite: () => sql`instr(${sql.literal(text)}, ${part}) > 0`,
    orElse: missing('contains')
  })

/** A text in lower case, without accents, as the search compares it. */
export const foldedText = (sql: Sql, text: string): string =>
  // A function of ours that the SQLite client registers.
  sql.onDialectOrElse({ sqlite: () => `lower(searchable(${text}))`, orElse: missing('foldedText') })

/** A column by which the planner should not choose an index. */
export const withoutIndex = (sql: Sql, column: string): string =>
  sql.onDialectOrElse({ sqlite: () => `+${column}`, orElse: () => column })

/** A table of which the planner should read this index. */
export const withIndex = (sql: Sql, table: string, index: string): string =>
  sql.onDialectOrElse({ sqlite: () => `${table} INDEXED BY ${index}`, orElse: () => table })

/** The time of the statement, in milliseconds since 1970. */
export const nowMs = (sql: Sql): string =>
  sql.onDialectOrElse({
    sqlite: () => `CAST(unixepoch('subsec') * 1000 AS INTEGER)`,
    orElse: missing('nowMs')
  })

/** Writes what is in the write-ahead log into the database and cuts the log: pages as they were before are gone. */
export const emptyLog = (sql: Sql): Effect.Effect<void, SqlError.SqlError> =>
  sql.onDialectOrElse({
    sqlite: () => Effect.asVoid(sql`PRAGMA wal_checkpoint(TRUNCATE)`),
    orElse: missing('emptyLog')
  })

/** The columns of a table, as `name`. */
export const columnsOf = (sql: Sql, table: string): Statement.Statement<{ readonly name: string }> =>
  sql.onDialectOrElse({
    sqlite: () => sql<{ readonly name: string }>`SELECT name FROM pragma_table_info(${table})`,
    orElse: missing('columnsOf')
  })

/**
 * For rows that get another key: no row can have it already (`move`), or the row that has it stays and the moved one is
 * dropped (`keepExisting`), or the moved one replaces it (`replaceExisting`).
 */
export type ConflictRule = 'move' | 'keepExisting' | 'replaceExisting'

const SQLITE_CONFLICT: Readonly<Record<ConflictRule, string>> = {
  move: '',
  keepExisting: 'OR IGNORE',
  replaceExisting: 'OR REPLACE'
}

/** Writes another value into one column, which is a part of a unique key, of the rows in which the `key` columns have `values`. */
export const moveRows = (
  sql: Sql,
  rule: ConflictRule,
  {
    column,
    key,
    table
  }: { readonly table: string; readonly column: string; readonly key: ReadonlyArray<string> },
  to: string,
  values: ReadonlyArray<string>
): Effect.Effect<void, SqlError.SqlError> =>
  sql.onDialectOrElse({
    sqlite: () => {
      const where = key.map(one => `${one} = ?`).join(' AND ')
      const moved = sql.unsafe(`UPDATE ${SQLITE_CONFLICT[rule]} ${table} SET ${column} = ? WHERE ${where}`, [
        to,
        ...values
      ])
      const dropped = sql.unsafe(`DELETE FROM ${table} WHERE ${where}`, values)
      return Effect.asVoid(rule === 'keepExisting' ? Effect.andThen(moved, dropped) : moved)
    },
    orElse: missing('moveRows')
  })
