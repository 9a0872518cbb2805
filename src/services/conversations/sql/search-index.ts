// The full-text index of messages, written in the transaction that changes them. Statements instead of triggers: a trigger
// would make SQLite flush the index for every single row, which costs more than all the rest of storing a message.
import { Effect } from 'effect'
import type { SqlClient } from 'effect/sql'
import { FOLDING, searchable } from '../../../domain/search-text.ts'
import type { AccountRemoval } from '../../database/tables.ts'
import type { MessageWrite } from '../writes.ts'
import type { WriteContext } from './context.ts'
import { newestRow } from './message-pages.ts'

/** A row takes 31 bits, so that a second and a row are one number by which hits are in the order of time. */
export const ROW_BITS = 31
export const LAST_ROW = 2 ** ROW_BITS - 1
export const LAST_SECOND = 2 ** 32 - 1

/** A message's place in the index: what the index calls its row. */
export const place = (m: string) =>
  `((MIN(${m}.ts_client / 1000, ${LAST_SECOND}) << ${ROW_BITS}) | ${m}.message_row)`

/** What is looked for in a message: body and file name. Bodies of polls, places and cards say what those are about. */
export const textOf = (m: string) =>
  `CASE WHEN ${m}.media IS NULL THEN ${m}.body ELSE concat_ws(char(10), ${m}.body, ${m}.media ->> '$.fileName') END`

/** Whose text is not what somebody said. */
const UNSPOKEN = new Set(['system', 'call', 'revoked', 'undecryptable'])

const isIndexed = (m: string) =>
  `(${m}.body <> '' OR ${m}.media ->> '$.fileName' <> '')
    AND ${m}.type NOT IN (${[...UNSPOKEN].map(type => `'${type}'`).join(', ')}) AND ${m}.type NOT GLOB 'unsupported:*'`

/** Whose content has yet to come, or to be understood. */
const isUnread = (m: string) => `(${m}.type = 'undecryptable' OR ${m}.type GLOB 'unsupported:*')`

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
  SELECT ${place('m')}, replace(m.account_id, '-', ''), searchable(${textOf('m')}) FROM messages m
  WHERE ${which} AND ${isIndexed('m')} ORDER BY 1`

/** The index holds no texts: it has to be told the words that it is to forget, so rows are removed before they change. */
const remove = (which: string) => `INSERT INTO message_search (message_search, rowid, account, text)
  SELECT 'delete', ${place('m')}, replace(m.account_id, '-', ''), searchable(${textOf('m')}) FROM messages m
  WHERE ${which} AND ${isIndexed('m')} ORDER BY 2`

const THESE = `m.message_row IN (SELECT value FROM json_each(?))`

const OF_THREAD = 'm.thread_id = ?'

/** One word that stands for the account. */
export const accountWord = (accountId: string): string => accountId.replaceAll('-', '')

/** Indexes everything anew when the words were folded by other Unicode tables; a newer Node brings newer ones. */
export const reindexIfOutdated = (sql: SqlClient.SqlClient) =>
  Effect.gen(function* () {
    const foldedBy = `${FOLDING} ${process.versions['unicode']}`
    const [row] = yield* sql<{ by: string }>`SELECT folded_by AS by FROM search_folding`
    if (row?.by === foldedBy) return
    const [any] = yield* sql`SELECT 1 FROM messages LIMIT 1`
    if (any !== undefined)
      yield* Effect.logInfo(
        'Indexing all messages anew for the search; with a million of them it takes ten seconds'
      )
    yield* sql`INSERT INTO message_search (message_search) VALUES ('delete-all')`
    yield* sql.unsafe(add('TRUE'))
    yield* sql`INSERT INTO search_folding VALUES (1, ${foldedBy}) ON CONFLICT DO UPDATE SET folded_by = excluded.folded_by`
  }).pipe(sql.withTransaction)

interface Held {
  readonly row: number
  readonly threadId: string
  readonly messageId: string
}

/** Held messages by their threads and ids. */
const HELD = `SELECT m.message_row AS row, m.thread_id, m.message_id FROM json_each(?) AS wanted
  JOIN messages m ON m.thread_id = wanted.value ->> 0 AND m.message_id = wanted.value ->> 1`

/** So many are looked up by their ids: more would cost more than all that is unread. */
const LOOKED_UP_ONE_BY_ONE = 100

/** Runs what changes or removes these rows, and keeps the index in step. */
export const reindexing = Effect.fnUntraced(function* <A, E, R>(
  sql: SqlClient.SqlClient,
  rows: ReadonlyArray<number>,
  work: Effect.Effect<A, E, R>
) {
  if (rows.length === 0) return yield* work
  const these = [JSON.stringify(rows)]
  yield* sql.unsafe(remove(THESE), these)
  const done = yield* work
  yield* sql.unsafe(add(THESE), these)
  return done
})

/** Messages that are held without content, or with one that is not understood yet, among those written. */
const heldUnread = Effect.fnUntraced(function* (
  sql: SqlClient.SqlClient,
  writes: ReadonlyArray<MessageWrite>
) {
  if (writes.length <= LOOKED_UP_ONE_BY_ONE)
    return yield* sql.unsafe<Held>(`${HELD} WHERE ${isUnread('m')}`, [keysOf(writes)])
  // Of many at once hardly any is held unread: what is unread in their threads is asked for instead.
  const threadIds = JSON.stringify([...new Set(writes.map(({ threadId }) => threadId))])
  const unread = yield* sql.unsafe<Held>(
    `SELECT m.message_row AS row, m.thread_id, m.message_id FROM json_each(?) AS touched
      JOIN messages m ON m.thread_id = touched.value AND ${isUnread('m')}`,
    [threadIds]
  )
  if (unread.length === 0) return []
  const written = new Set(writes.map(({ messageId, threadId }) => `${threadId} ${messageId}`))
  return unread.filter(({ messageId, threadId }) => written.has(`${threadId} ${messageId}`))
})

const keysOf = (writes: ReadonlyArray<MessageWrite>) =>
  JSON.stringify(writes.map(({ messageId, threadId }) => [threadId, messageId]))

/** Rows whose words these writes change: what could not be read is filled, what is revoked says nothing any more. */
const rowsChangedBy = Effect.fnUntraced(function* (
  sql: SqlClient.SqlClient,
  writes: ReadonlyArray<MessageWrite>
) {
  const unread = yield* heldUnread(sql, writes)
  const revoked = writes.filter(({ type }) => type === 'revoked')
  const held = revoked.length === 0 ? [] : yield* sql.unsafe<Held>(HELD, [keysOf(revoked)])
  return [...new Set([...unread, ...held].map(({ row }) => row))]
})

/** Runs what stores these messages, and keeps the index in step; answers behind which row the new ones lie, and how many. */
export const indexingNew = Effect.fnUntraced(function* <E, R>(
  { bulk, sql }: Pick<WriteContext, 'bulk' | 'sql'>,
  accountId: string,
  writes: ReadonlyArray<MessageWrite>,
  storing: Effect.Effect<void, E, R>
) {
  const before = yield* newestRow(sql)
  yield* reindexing(sql, yield* rowsChangedBy(sql, writes), storing)
  // Rows are numbered as they are inserted, one after another: what lies behind `before` is new.
  const inserted = (yield* newestRow(sql)) - before
  if (inserted === writes.length)
    yield* bulk.runMany(ADD_ONE, entriesOf(accountWord(accountId), before, writes))
  else if (inserted > 0) yield* sql.unsafe(add('m.message_row > ?'), [before])
  return { before, inserted }
})

/**
 * The index knows an account by its messages, which have to be there still. Thread after thread, so that other accounts
 * are not held up by a large one.
 */
export const unindexAccount = Effect.fnUntraced(function* (
  sql: SqlClient.SqlClient,
  { accountId }: AccountRemoval
) {
  const threads = yield* sql<{
    id: string
  }>`SELECT thread_id AS id FROM threads WHERE account_id = ${accountId}`
  for (const { id } of threads) {
    yield* sql.unsafe(remove(OF_THREAD), [id])
    yield* Effect.yieldNow
  }
})
