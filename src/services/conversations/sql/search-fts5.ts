// The full-text index of messages, which is a virtual table of SQLite's FTS5. Another engine needs its own version of this
// file, and of no other in this folder.
import { Effect } from 'effect'
import type { SqlClient, Statement } from 'effect/sql'
import type { Phrase, SearchQuery } from '../../../domain/search-query.ts'
import { jsonField, least, startsWith } from '../../database/dialect.ts'

/** Where a message stands in the index: hits come in the order of time, and of rows within a second. */
export interface IndexPlace {
  /** Seconds since 1970. */
  readonly second: number
  readonly row: number
}

/** A place is one number: FTS5 orders its entries by their rowid. A row takes the lower 31 bits. */
const ROW_BITS = 31
export const LAST_ROW = 2 ** ROW_BITS - 1
export const LAST_SECOND = 2 ** 32 - 1

const placeOf = (sql: SqlClient.SqlClient) =>
  `((${least(sql, 'm.ts_client / 1000', String(LAST_SECOND))} << ${ROW_BITS}) | m.message_row)`

/** What is searched in a message `m`: body and file name. Bodies of polls, places and cards say what those are about. */
export const textOf = (sql: SqlClient.SqlClient): string =>
  `CASE WHEN m.media IS NULL THEN m.body ELSE concat_ws(char(10), m.body, ${jsonField(sql, 'm.media', 'fileName')}) END`

/** Types of messages whose text is not what somebody said. */
const NOT_INDEXED = ['system', 'call', 'revoked', 'undecryptable']

/** The same as `indexedMessages` in SQL, of a message that is not stored yet. */
export const isIndexed = (type: string, text: string): boolean =>
  text !== '' && !NOT_INDEXED.includes(type) && !type.startsWith('unsupported:')

/** The place, account and words of each message that is indexed. */
const indexedMessages = (sql: SqlClient.SqlClient, where: Statement.Fragment) => {
  const isUnsupported = startsWith(sql, 'm.type', 'unsupported:')
  return sql`${sql.literal(placeOf(sql))} AS place, replace(m.account_id, '-', ''), searchable(${sql.literal(textOf(sql))})
    FROM messages m
    WHERE ${where} AND (m.body <> '' OR ${sql.literal(jsonField(sql, 'm.media', 'fileName'))} <> '')
      AND m.type NOT IN ${sql.in(NOT_INDEXED)} AND NOT (${sql.literal(isUnsupported)})`
}

/** Adds the entries of messages `m`, in the order of their places: FTS5 stores together what comes in that order. */
export const addEntries = (sql: SqlClient.SqlClient, where: Statement.Fragment) =>
  sql`INSERT INTO message_search (rowid, account, text) SELECT ${indexedMessages(sql, where)} ORDER BY place`

/**
 * Removes the entries of messages `m`. The index holds no texts and has to be given the words to remove: entries are
 * removed before their messages change.
 */
export const removeEntries = (sql: SqlClient.SqlClient, where: Statement.Fragment) =>
  sql`INSERT INTO message_search (message_search, rowid, account, text)
    SELECT 'delete', ${indexedMessages(sql, where)} ORDER BY place`

/**
 * How thoroughly the index removes entries. FTS5 only notes removals (`later`), or takes the words out of its pages at once,
 * which costs ten times as much for many entries. `merging`: the same, while what was noted before is still in the pages.
 */
type Removal = 'later' | 'atOnce' | 'merging'

/** Any other number than 0 turns FTS5's option on; it keeps the number. In statements it is a literal: bound numbers are no integers. */
const REMOVAL_VALUES: Readonly<Record<Removal, number>> = { later: 0, atOnce: 1, merging: 2 }

export const setRemoval = (sql: SqlClient.SqlClient, removal: Removal) =>
  sql`INSERT INTO message_search (message_search, rank) VALUES ('secure-delete', ${sql.literal(String(REMOVAL_VALUES[removal]))})`

/** Whether words of removed entries may still be in the pages of the index. */
export const isUnmerged = (sql: SqlClient.SqlClient) =>
  Effect.map(
    sql`SELECT 1 FROM message_search_config WHERE k = 'secure-delete' AND v = ${REMOVAL_VALUES.atOnce}`,
    rows => rows.length === 0
  )

/** Pages of one step: some twenty milliseconds. */
const MERGED_AT_ONCE = 50

/**
 * One step of writing the index anew without what was removed; `true` when there is nothing left to do. The first step says
 * that everything is to be merged.
 */
export const mergeEntries = Effect.fnUntraced(
  function* (sql: SqlClient.SqlClient, isFirst: boolean) {
    const changes = sql<{ changes: number }>`SELECT total_changes() AS changes`
    const [before] = yield* changes
    yield* sql`INSERT INTO message_search (message_search, rank)
    VALUES ('merge', ${isFirst ? -MERGED_AT_ONCE : MERGED_AT_ONCE})`
    const [after] = yield* changes
    // The statement itself is one change.
    return (after?.changes ?? 0) - (before?.changes ?? 0) < 2
  },
  (work, sql) => sql.withTransaction(work)
)

export const removeAllEntries = (sql: SqlClient.SqlClient) =>
  sql`INSERT INTO message_search (message_search) VALUES ('delete-all')`

/** Adds one entry; its parameters are a `SearchEntry`. */
export const ADD_ENTRY = `INSERT INTO message_search (rowid, account, text) VALUES ((? << ${ROW_BITS}) | ?, ?, ?)`

/** Where a message stands in the index, the word of its account, and its own words (`searchable`). */
export type SearchEntry = readonly [second: number, row: number, account: string, text: string]

/** One word that stands for the account. */
export const accountWord = (accountId: string): string => accountId.replaceAll('-', '')

/** Words consist of letters and digits only at this point, so that none of them is syntax. */
const phraseText = ({ prefix, words }: Phrase): string => `"${words.join(' ')}"${prefix ? ' *' : ''}`

/** What the index is asked for, in the syntax of FTS5. */
export const matchText = (accountId: string, { unwanted, wanted }: SearchQuery): string => {
  const all = `(account : "${accountWord(accountId)}" AND text : (${wanted.map(phraseText).join(' AND ')}))`
  return unwanted.length === 0 ? all : `${all} NOT text : (${unwanted.map(phraseText).join(' OR ')})`
}

/** The newest places that match, from a second up to a place, both included. */
export const newestMatches = (
  sql: SqlClient.SqlClient,
  match: string,
  { from, since }: { readonly since: number; readonly from: IndexPlace },
  limit: number
) =>
  sql.unsafe<IndexPlace>(
    `SELECT rowid >> ${ROW_BITS} AS second, rowid & ${LAST_ROW} AS row FROM message_search
      WHERE message_search MATCH ? AND rowid >= (? << ${ROW_BITS}) AND rowid <= ((? << ${ROW_BITS}) | ?)
      ORDER BY rowid DESC LIMIT ?`,
    [match, since, from.second, from.row, limit]
  )
