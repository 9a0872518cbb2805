// Full-text search in SQL: the index finds candidates in the order of time, the messages decide which of them are wanted.
// A search looks at so many candidates at most, and at few in one statement, so that no word stops the server.
import { Effect } from 'effect'
import type { SqlClient } from 'effect/sql'
import { type SearchCursor } from '../../../domain/page.ts'
import type { Hit } from '../../../domain/reading.ts'
import {
  type Phrase,
  relevances,
  type Saying,
  sayingOf,
  type SearchQuery,
  snippetOf
} from '../../../domain/search-query.ts'
import type { Search, SearchPage } from '../store.ts'
import { type Condition, conditionOf, MESSAGE_SELECT, type messagePageStatements } from './message-pages.ts'
import { decodeMessage } from './message-row.ts'
import { accountWord, LAST_ROW, LAST_SECOND, ROW_BITS, textOf } from './search-index.ts'
import type { threadStatements } from './threads.ts'

/** Candidates looked at in one statement when a filter leaves some out, and in one request. */
const WINDOW = 250
const MOST_EXAMINED = 10_000
/** Ranked are the newest so many: the rank of each has to be known before the first can be shown. */
const MOST_RANKED = 2000

interface Candidate {
  readonly second: number
  readonly row: number
}

/** Words consist of letters and digits only by now, so that none of them is syntax. */
const phraseText = ({ prefix, words }: Phrase): string => `"${words.join(' ')}"${prefix ? ' *' : ''}`

const matchText = (accountId: string, { unwanted, wanted }: SearchQuery): string => {
  const all = `(account : "${accountWord(accountId)}" AND text : (${wanted.map(phraseText).join(' AND ')}))`
  return unwanted.length === 0 ? all : `${all} NOT text : (${unwanted.map(phraseText).join(' OR ')})`
}

const PLACES = `rowid >> ${ROW_BITS} AS second, rowid & ${LAST_ROW} AS row`
const BETWEEN = `message_search MATCH ? AND rowid >= (? << ${ROW_BITS}) AND rowid <= ((? << ${ROW_BITS}) | ?)`

/** The newest that match, between two places. */
export const NEWEST = `SELECT ${PLACES} FROM message_search WHERE ${BETWEEN} ORDER BY rowid DESC LIMIT ?`
const TEXTS = `SELECT m.rowid AS row, ${textOf('m')} AS text FROM messages m WHERE m.rowid IN (SELECT value FROM json_each(?))`

export const searchStatements = (
  sql: SqlClient.SqlClient,
  pages: ReturnType<typeof messagePageStatements>,
  threads: ReturnType<typeof threadStatements>
) => {
  /** Those of the candidates that are wanted, in the candidates' order. */
  const wantedAmong = Effect.fnUntraced(function* (
    accountId: string,
    candidates: ReadonlyArray<Candidate>,
    condition: Condition
  ) {
    const rows = yield* sql.unsafe<Record<string, unknown>>(
      `${MESSAGE_SELECT} WHERE m.rowid IN (SELECT value FROM json_each(?)) AND m.account_id = ?${condition.text}`,
      [JSON.stringify(candidates.map(({ row }) => row)), accountId, ...condition.params]
    )
    const byRow = new Map(rows.map(row => [Number(row['row']), row]))
    return candidates.flatMap((candidate, at) => {
      const found = byRow.get(candidate.row)
      return found === undefined ? [] : [{ candidate, at, found }]
    })
  })

  /** The candidates by how much they are about what is wanted; of equal ones the newest first. */
  const ranked = Effect.fnUntraced(function* (
    candidates: ReadonlyArray<Candidate>,
    wanted: ReadonlyArray<Phrase>
  ) {
    const sayings = new Map<number, Saying>()
    for (let at = 0; at < candidates.length; at += WINDOW) {
      const rows = JSON.stringify(candidates.slice(at, at + WINDOW).map(({ row }) => row))
      for (const { row, text } of yield* sql.unsafe<{ row: number; text: string | null }>(TEXTS, [rows]))
        sayings.set(row, sayingOf(text ?? '', wanted))
      yield* Effect.yieldNow
    }
    const about = relevances(candidates.map(({ row }) => sayings.get(row) ?? sayingOf('', wanted)))
    return candidates
      .map((candidate, index) => ({ candidate, relevance: about[index] ?? 0 }))
      .toSorted((a, b) => b.relevance - a.relevance)
      .map(({ candidate }) => candidate)
  })

  const hitOf = Effect.fnUntraced(function* (row: Record<string, unknown>, wanted: ReadonlyArray<Phrase>) {
    const message = yield* decodeMessage(row)
    const thread = yield* threads.read(message.threadId)
    const fields = [
      ['body', message.body],
      ['fileName', message.media?.fileName]
    ] as const
    return {
      message,
      threadId: message.threadId,
      threadName: thread?.displayName ?? null,
      highlights: fields.flatMap(([field, text]) => {
        const segments = text == null ? [] : snippetOf(text, wanted)
        return segments.length === 0 ? [] : [{ field, segments }]
      })
    } satisfies Hit
  })

  return Effect.fnUntraced(function* (accountId: string, search: Search) {
    const { cursor, limit, order, query, threadId, until } = search
    const filter = yield* pages.resolved(accountId, search)
    const match = matchText(accountId, query)
    const since = Math.min(Math.floor((search.since ?? 0) / 1000), LAST_SECOND)
    const times: Condition = {
      text: `${search.since === undefined ? '' : ' AND m.ts_client >= ?'}${until === undefined ? '' : ' AND m.ts_client < ?'}`,
      params: [search.since, until].filter(time => time !== undefined)
    }
    const others = conditionOf(filter)
    const inThread: Condition =
      threadId === undefined ? { text: '', params: [] } : { text: ' AND m.thread_id = ?', params: [threadId] }
    const condition: Condition = {
      text: times.text + inThread.text + others.text,
      params: [...times.params, ...inThread.params, ...others.params]
    }
    const window = condition.text === '' ? limit + 1 : WINDOW
    const newest = (from: Candidate, most: number) =>
      sql.unsafe<Candidate>(NEWEST, [match, since, from.second, from.row, most])
    const latest: Candidate =
      until === undefined
        ? { second: LAST_SECOND, row: LAST_ROW }
        : { second: Math.min(Math.floor(until / 1000), LAST_SECOND), row: LAST_ROW }

    const found: Array<{ readonly row: Record<string, unknown>; readonly behind: SearchCursor }> = []
    let next: SearchCursor | null = null

    if (order === 'newest') {
      let from = cursor === undefined || isLater(cursor, latest) ? latest : { ...cursor, row: cursor.row - 1 }
      for (let examined = window; ; examined += window) {
        const candidates = yield* newest(from, window)
        const last = candidates.at(-1)
        for (const { candidate, found: row } of yield* wantedAmong(accountId, candidates, condition)) {
          found.push({ row, behind: { second: candidate.second, row: candidate.row } })
        }
        if (found.length > limit || last === undefined || candidates.length < window) break
        if (examined >= MOST_EXAMINED) {
          next = { second: last.second, row: last.row }
          break
        }
        from = { second: last.second, row: last.row - 1 }
        yield* Effect.yieldNow
      }
    } else {
      const top = cursor ?? (yield* newest(latest, 1))[0]
      const best = top === undefined ? [] : yield* ranked(yield* newest(top, MOST_RANKED), query.wanted)
      for (let at = cursor?.rank ?? 0; at < best.length && found.length <= limit; at += WINDOW) {
        const wanted = yield* wantedAmong(accountId, best.slice(at, at + WINDOW), condition)
        for (const { at: within, found: row } of wanted) {
          found.push({ row, behind: { second: top?.second ?? 0, row: top?.row ?? 0, rank: at + within + 1 } })
        }
        yield* Effect.yieldNow
      }
    }
    const shown = found.slice(0, limit)
    const hits = yield* Effect.forEach(shown, ({ row }) => hitOf(row, query.wanted))
    return { hits, next: found.length > limit ? (shown.at(-1)?.behind ?? null) : next } satisfies SearchPage
  })
}

const isLater = (a: Candidate, b: Candidate): boolean =>
  a.second > b.second || (a.second === b.second && a.row > b.row)
