// The full-text index of messages, written in the transaction that changes them. Statements instead of triggers: a trigger
// would make SQLite flush the index for every single row, which costs more than all the rest of storing a message.
import { Effect } from 'effect'
import type { SqlClient } from 'effect/sql'
import { searchable } from '../../../domain/search-text.ts'
import type { SqlBulk } from '../../sql/node-sqlite.ts'
import type { MessageWrite } from '../store.ts'

/** A row takes 31 bits, so that a second and a row are one number by which hits are in the order of time. */
export const ROW_BITS = 31
export const LAST_ROW = 2 ** ROW_BITS - 1
export const LAST_SECOND = 2 ** 32 - 1

/** A message's place in the index: what the index calls its row. */
export const place = (m: string) =>
  `((MIN(${m}.ts_client / 1000, ${LAST_SECOND}) << ${ROW_BITS}) | ${m}.rowid)`

/** What is looked for in a message: body and file name. Bodies of polls, places and cards say what those are about. */
const text = (m: string) =>
  `CASE WHEN ${m}.media IS NULL THEN ${m}.body ELSE concat_ws(char(10), ${m}.body, ${m}.media ->> '$.fileName') END`

/** Whose text is not what somebody said. */
const UNSPOKEN = new Set(['system', 'call', 'revoked', 'undecryptable'])

const isIndexed = (m: string) =>
  `(${m}.body <> '' OR ${m}.media ->> '$.fileName' <> '')
    AND ${m}.type NOT IN (${[...UNSPOKEN].map(type => `'${type}'`).join(', ')}) AND ${m}.type NOT GLOB 'unsupported:*'`

/** The same as `add`, of messages that are all new: their rows follow `before` in their order. */
const entriesOf = (account: string, before: number, writes: ReadonlyArray<MessageWrite>) =>
  writes
    .map(({ body, media, tsClient, type }, index) => ({
      second: Math.min(Math.floor(tsClient / 1000), LAST_SECOND),
      row: before + 1 + index,
      type,
      text: media?.fileName == null ? (body ?? '') : `${body ?? ''}\n${media.fileName}`
    }))
    .filter(({ text, type }) => text !== '' && !UNSPOKEN.has(type) && !type.startsWith('unsupported:'))
    .sort((a, b) => a.second - b.second || a.row - b.row)
    .map(({ row, second, text }) => [
      (BigInt(second) << BigInt(ROW_BITS)) | BigInt(row),
      account,
      searchable(text)
    ])

const ADD_ONE = 'INSERT INTO message_search (rowid, account, text) VALUES (?, ?, ?)'

/** Ascending places, as FTS5 keeps what comes in that order together. */
const add = (which: string) => `INSERT INTO message_search (rowid, account, text)
  SELECT ${place('m')}, replace(m.account_id, '-', ''), searchable(${text('m')}) FROM messages m
  WHERE ${which} AND ${isIndexed('m')} ORDER BY 1`

const remove = (which: string) =>
  `DELETE FROM message_search WHERE rowid IN (SELECT ${place('m')} FROM messages m WHERE ${which})`

const THESE = `m.rowid IN (SELECT value FROM json_each(?))`

const OF_ACCOUNT = 'm.thread_id IN (SELECT thread_id FROM threads WHERE account_id = ?)'

/** One word that stands for the account. */
export const accountWord = (accountId: string): string => accountId.replaceAll('-', '')

export const searchIndexStatements = (sql: SqlClient.SqlClient, bulk: SqlBulk['Service']) => {
  const refresh = Effect.fnUntraced(function* <A, E, R>(
    rows: ReadonlyArray<number>,
    work: Effect.Effect<A, E, R>
  ) {
    if (rows.length === 0) return yield* work
    const these = [[JSON.stringify(rows)]]
    yield* bulk.runMany(remove(THESE), these)
    const done = yield* work
    yield* bulk.runMany(add(THESE), these)
    return done
  })

  /** Messages that were stored just now: those whose rows lie behind `before`, and those that another report filled or revoked. */
  const stored = Effect.fnUntraced(function* (
    accountId: string,
    { before, inserted }: { readonly before: number; readonly inserted: number },
    writes: ReadonlyArray<MessageWrite>
  ) {
    if (inserted === writes.length)
      return yield* bulk.runMany(ADD_ONE, entriesOf(accountWord(accountId), before, writes))
    yield* bulk.runMany(add('m.rowid > ?'), [[before]])
    const told = JSON.stringify(writes.map(({ messageId, threadId }) => [threadId, messageId]))
    const wrong = yield* sql.unsafe<{ row: number }>(
      `SELECT DISTINCT m.rowid AS row FROM json_each(?) AS told
        JOIN messages m ON m.thread_id = told.value ->> 0 AND m.message_id = told.value ->> 1
        WHERE m.rowid <= ? AND COALESCE(${isIndexed('m')}, FALSE)
          <> EXISTS (SELECT 1 FROM message_search_docsize d WHERE d.id = ${place('m')})`,
      [told, before]
    )
    yield* refresh(
      wrong.map(({ row }) => row),
      Effect.void
    )
  })

  return {
    stored,
    /** Runs what changes or removes these rows, and keeps the index in step. */
    refresh,
    removeAccount: (accountId: string) => bulk.runMany(remove(OF_ACCOUNT), [[accountId]])
  }
}
