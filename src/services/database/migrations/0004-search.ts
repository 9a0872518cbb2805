// Rows that keep their numbers, and the full-text index that refers to them.
import { Effect } from 'effect'
import { SqlClient } from 'effect/sql'

/**
 * A row number that is a column of its own survives VACUUM: cursors, read marks and the index rest on it. SQLite cannot
 * add such a column, so the table is written again, with whatever columns and indexes it has by now.
 */
const numberRows = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const parts = yield* sql<{ type: string; sql: string }>`SELECT type, sql FROM sqlite_schema
    WHERE tbl_name = 'messages' AND sql IS NOT NULL`
  const columns = yield* sql<{ name: string }>`SELECT name FROM pragma_table_info('messages') ORDER BY cid`
  const names = columns.map(({ name }) => `"${name}"`).join(', ')
  yield* sql`ALTER TABLE messages RENAME TO messages_before`
  for (const part of parts.filter(({ type }) => type === 'table')) {
    yield* sql.unsafe(part.sql.replace('(', '(rowid INTEGER PRIMARY KEY, '))
  }
  yield* sql.unsafe(
    `INSERT INTO messages (rowid, ${names}) SELECT rowid, ${names} FROM messages_before ORDER BY rowid`
  )
  yield* sql`DROP TABLE messages_before`
  for (const part of parts.filter(({ type }) => type !== 'table')) yield* sql.unsafe(part.sql)
})

export const search = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* numberRows
  // Words come folded from the function `searchable`, so that the simplest tokenizer does. Only the words are kept, not
  // the text, and a row can be removed without knowing what it said.
  yield* sql.unsafe(`CREATE VIRTUAL TABLE message_search USING fts5(account, text,
    content='', contentless_delete=1, tokenize='ascii')`)
  yield* sql.unsafe(`INSERT INTO message_search (rowid, account, text)
    SELECT (MIN(m.ts_client / 1000, 4294967295) << 31) | m.rowid, replace(m.account_id, '-', ''),
      searchable(concat_ws(char(10), m.body, m.media ->> '$.fileName'))
    FROM messages m
    WHERE (m.body <> '' OR m.media ->> '$.fileName' <> '')
      AND m.type NOT IN ('system', 'call', 'revoked', 'undecryptable') AND m.type NOT GLOB 'unsupported:*'
    ORDER BY 1`)
})
