// The full-text index of messages, written in the transaction that changes them. Statements instead of triggers: a trigger
// would make SQLite flush the index for every single row, which costs more than all the rest of storing a message.
import { Effect } from 'effect'
import type { SqlClient } from 'effect/sql'
import { FOLDING, searchable } from '../../../domain/search-text.ts'
import { listOf, rowsOf, startsWith } from '../../database/dialect.ts'
import type { AccountRemoval } from '../../database/tables.ts'
import type { MessageWrite } from '../writes.ts'
import type { WriteContext } from './context.ts'
import { newestRow } from './message-pages.ts'
import {
  accountWord,
  ADD_ENTRY,
  addEntries,
  isIndexed,
  LAST_SECOND,
  removeAllEntries,
  removeEntries,
  type SearchEntry,
  setRemoval
} from './search-fts5.ts'

/** A message without its content yet, or of a type that this version does not know. */
const isIncomplete = (sql: SqlClient.SqlClient) =>
  sql.literal(`(m.type = 'undecryptable' OR ${startsWith(sql, 'm.type', 'unsupported:')})`)

/** What is searched in a message. */
const textIn = ({ body, media }: MessageWrite): string =>
  media?.fileName == null ? (body ?? '') : `${body ?? ''}\n${media.fileName}`

/** The same as `addEntries`, of messages that are all new: their rows follow `before` in their order. */
const entriesOf = (accountId: string, before: number, writes: ReadonlyArray<MessageWrite>) => {
  const account = accountWord(accountId)
  const entries: Array<SearchEntry> = []
  for (const [index, write] of writes.entries()) {
    const text = textIn(write)
    if (!isIndexed(write.type, text)) continue
    const second = Math.min(Math.floor(write.tsClient / 1000), LAST_SECOND)
    entries.push([second, before + 1 + index, account, searchable(text)])
  }
  return entries.sort((a, b) => a[0] - b[0] || a[1] - b[1])
}

/** Indexes everything again when the words were folded by other Unicode tables; a newer Node brings newer ones. */
export const reindexIfOutdated = (sql: SqlClient.SqlClient) =>
  Effect.gen(function* () {
    const foldedBy = `${FOLDING} ${process.versions['unicode']}`
    const [row] = yield* sql<{ by: string }>`SELECT folded_by AS by FROM search_folding`
    if (row?.by === foldedBy) return
    const [any] = yield* sql`SELECT 1 FROM messages LIMIT 1`
    if (any !== undefined)
      yield* Effect.logInfo(
        'Indexing all messages again for the search; with a million of them it takes ten seconds'
      )
    yield* removeAllEntries(sql)
    yield* addEntries(sql, sql`TRUE`)
    yield* sql`INSERT INTO search_folding VALUES (1, ${foldedBy}) ON CONFLICT DO UPDATE SET folded_by = excluded.folded_by`
  }).pipe(sql.withTransaction)

interface StoredKey {
  readonly row: number
  readonly threadId: string
  readonly messageId: string
}

/** Which of these messages are stored. */
const storedOf = (sql: SqlClient.SqlClient, writes: ReadonlyArray<MessageWrite>) => {
  const keys = writes.map(({ messageId, threadId }) => [threadId, messageId])
  return sql`SELECT m.message_row AS row, m.thread_id, m.message_id
    FROM ${rowsOf(sql, keys, ['thread_id', 'message_id'])} AS wanted
    JOIN messages m ON m.thread_id = wanted.thread_id AND m.message_id = wanted.message_id`
}

/** Up to so many messages are looked up by their ids; for more it is cheaper to read all incomplete ones of their threads. */
const LOOKED_UP_ONE_BY_ONE = 100

/** Runs what changes or removes these rows, and updates the index. */
export const reindexing = Effect.fnUntraced(function* <A, E, R>(
  sql: SqlClient.SqlClient,
  rows: ReadonlyArray<number>,
  work: Effect.Effect<A, E, R>
) {
  if (rows.length === 0) return yield* work
  const inRows = sql`m.message_row IN ${listOf(sql, rows)}`
  yield* removeEntries(sql, inRows)
  const done = yield* work
  yield* addEntries(sql, inRows)
  return done
})

/** Messages among those written that are stored, but incomplete. */
const storedIncomplete = Effect.fnUntraced(function* (
  sql: SqlClient.SqlClient,
  writes: ReadonlyArray<MessageWrite>
) {
  if (writes.length <= LOOKED_UP_ONE_BY_ONE)
    return yield* sql<StoredKey>`${storedOf(sql, writes)} WHERE ${isIncomplete(sql)}`
  // Of many at once hardly any is stored and incomplete: all incomplete ones of their threads are read instead.
  const threadIds = [...new Set(writes.map(({ threadId }) => threadId))]
  const incomplete = yield* sql<StoredKey>`SELECT m.message_row AS row, m.thread_id, m.message_id
    FROM ${listOf(sql, threadIds, 'thread_id')} AS touched
    JOIN messages m ON m.thread_id = touched.thread_id AND ${isIncomplete(sql)}`
  if (incomplete.length === 0) return []
  const written = new Set(writes.map(({ messageId, threadId }) => `${threadId} ${messageId}`))
  return incomplete.filter(({ messageId, threadId }) => written.has(`${threadId} ${messageId}`))
})

/** Runs what stores these messages, and updates the index. Returns the row after which the new ones come, and how many they are. */
export const indexingNew = Effect.fnUntraced(function* <E, R>(
  { bulk, sql }: Pick<WriteContext, 'bulk' | 'sql'>,
  accountId: string,
  writes: ReadonlyArray<MessageWrite>,
  storing: Effect.Effect<void, E, R>
) {
  const before = yield* newestRow(sql)
  // Incomplete messages get their content.
  const incomplete = yield* storedIncomplete(sql, writes)
  yield* reindexing(sql, [...new Set(incomplete.map(({ row }) => row))], storing)
  // Rows are numbered in the order in which they are inserted: those after `before` are new.
  const inserted = (yield* newestRow(sql)) - before
  if (inserted === writes.length) yield* bulk.runMany(ADD_ENTRY, entriesOf(accountId, before, writes))
  else if (inserted > 0) yield* addEntries(sql, sql`m.message_row > ${before}`)
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
  // Many at once: their words are taken out of the pages afterwards (`erasure.ts`).
  yield* setRemoval(sql, 'later')
  for (const { id } of threads) {
    yield* removeEntries(sql, sql`m.thread_id = ${id}`)
    yield* Effect.yieldNow
  }
})
