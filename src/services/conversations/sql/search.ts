// Full-text search in SQL: the index finds candidates in the order of time, the messages decide which of them are wanted.
// A search looks at so many candidates at most, and at few in one statement, so that no word stops the server.
import { Effect } from 'effect'
import type { SqlClient } from 'effect/sql'
import { type SearchCursor } from '../../../domain/page.ts'
import type { Hit } from '../../../domain/reading.ts'
import { type Phrase, relevances, type Saying, sayingOf, snippetOf } from '../../../domain/search-query.ts'
import { listOf } from '../../database/dialect.ts'
import type { SearchPage, SearchRequest } from '../queries.ts'
import { type Conditions, conditionsOf, MESSAGE_SELECT, resolvedFilter } from './message-pages.ts'
import { decodeMessage } from './message-row.ts'
import { type IndexPlace, LAST_ROW, LAST_SECOND, matchText, newestMatches, textOf } from './search-fts5.ts'
import { readThread } from './threads.ts'

/** Candidates looked at in one statement when a filter leaves some out, and in one request. */
const WINDOW = 250
const MOST_EXAMINED = 10_000
/** Only so many of the newest are ranked: all have to be ranked before the first one can be returned. */
const MOST_RANKED = 2000

/** Those of the candidates that are wanted, in the candidates' order. */
const wantedAmong = Effect.fnUntraced(function* (
  sql: SqlClient.SqlClient,
  accountId: string,
  candidates: ReadonlyArray<IndexPlace>,
  conditions: Conditions
) {
  const inRows = sql`m.message_row IN ${listOf(
    sql,
    candidates.map(({ row }) => row)
  )}`
  const all = sql.and([inRows, sql`m.account_id = ${accountId}`, ...conditions])
  const rows = yield* sql<Record<string, unknown>>`${sql.literal(MESSAGE_SELECT)} WHERE ${all}`
  const byRow = new Map(rows.map(row => [Number(row['row']), row]))
  return candidates.flatMap((candidate, at) => {
    const found = byRow.get(candidate.row)
    return found === undefined ? [] : [{ candidate, at, found }]
  })
})

/** The candidates by how much they are about what is wanted; of equal ones the newest first. */
const ranked = Effect.fnUntraced(function* (
  sql: SqlClient.SqlClient,
  candidates: ReadonlyArray<IndexPlace>,
  wanted: ReadonlyArray<Phrase>
) {
  const sayings = new Map<number, Saying>()
  for (let at = 0; at < candidates.length; at += WINDOW) {
    const rows = candidates.slice(at, at + WINDOW).map(({ row }) => row)
    const texts = yield* sql<{ row: number; text: string | null }>`SELECT m.message_row AS row,
        ${sql.literal(textOf(sql))} AS text
      FROM messages m WHERE m.message_row IN ${listOf(sql, rows)}`
    for (const { row, text } of texts) sayings.set(row, sayingOf(text ?? '', wanted))
    yield* Effect.yieldNow
  }
  const about = relevances(candidates.map(({ row }) => sayings.get(row) ?? sayingOf('', wanted)))
  return candidates
    .map((candidate, index) => ({ candidate, relevance: about[index] ?? 0 }))
    .toSorted((a, b) => b.relevance - a.relevance)
    .map(({ candidate }) => candidate)
})

const hitOf = Effect.fnUntraced(function* (
  sql: SqlClient.SqlClient,
  row: Record<string, unknown>,
  wanted: ReadonlyArray<Phrase>
) {
  const message = yield* decodeMessage(row)
  const thread = yield* readThread(sql, message.threadId)
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

/** What a request asks the index and the messages for. */
interface Plan {
  readonly accountId: string
  readonly wanted: ReadonlyArray<Phrase>
  /** What the index is asked for. */
  readonly match: string
  /** Seconds since 1970, included. */
  readonly since: number
  /** The newest place that a candidate may have. */
  readonly latest: IndexPlace
  readonly conditions: Conditions
  readonly limit: number
  readonly cursor: SearchCursor | undefined
}

/** A row that matches, and the cursor that continues after it. */
interface Found {
  readonly row: Record<string, unknown>
  readonly next: SearchCursor
}

interface Findings {
  /** One more than the limit when there are more. */
  readonly found: ReadonlyArray<Found>
  /** Where the search stopped although there may be more to look at. */
  readonly stoppedAt: SearchCursor | null
}

const planOf = Effect.fnUntraced(function* (
  sql: SqlClient.SqlClient,
  accountId: string,
  request: SearchRequest
) {
  const { cursor, limit, query, since, threadId, until } = request
  const conditions = [
    ...(since === undefined ? [] : [sql`m.ts_client >= ${since}`]),
    ...(until === undefined ? [] : [sql`m.ts_client < ${until}`]),
    ...(threadId === undefined ? [] : [sql`m.thread_id = ${threadId}`]),
    ...conditionsOf(sql, yield* resolvedFilter(sql, accountId, request))
  ]
  const plan: Plan = {
    accountId,
    wanted: query.wanted,
    match: matchText(accountId, query),
    since: since === undefined ? 0 : secondOf(since),
    latest: { second: until === undefined ? LAST_SECOND : secondOf(until), row: LAST_ROW },
    conditions,
    limit,
    cursor
  }
  return plan
})

const secondOf = (time: number): number => Math.min(Math.floor(time / 1000), LAST_SECOND)

const newestCandidates = (sql: SqlClient.SqlClient, { match, since }: Plan, from: IndexPlace, most: number) =>
  newestMatches(sql, match, { since, from }, most)

const searchNewest = Effect.fnUntraced(function* (sql: SqlClient.SqlClient, plan: Plan) {
  const { accountId, conditions, cursor, latest, limit } = plan
  const window = conditions.length === 0 ? limit + 1 : WINDOW
  const found: Array<Found> = []
  let from = cursor === undefined || isLater(cursor, latest) ? latest : { ...cursor, row: cursor.row - 1 }
  for (let examined = window; ; examined += window) {
    const candidates = yield* newestCandidates(sql, plan, from, window)
    const last = candidates.at(-1)
    for (const { candidate, found: row } of yield* wantedAmong(sql, accountId, candidates, conditions)) {
      found.push({ row, next: { second: candidate.second, row: candidate.row } })
    }
    if (found.length > limit || last === undefined || candidates.length < window)
      return { found, stoppedAt: null } satisfies Findings
    if (examined >= MOST_EXAMINED)
      return { found, stoppedAt: { second: last.second, row: last.row } } satisfies Findings
    from = { second: last.second, row: last.row - 1 }
    yield* Effect.yieldNow
  }
})

const searchRelevant = Effect.fnUntraced(function* (sql: SqlClient.SqlClient, plan: Plan) {
  const { accountId, conditions, cursor, latest, limit, wanted } = plan
  const found: Array<Found> = []
  // Messages that come between two pages do not change the ranks: a page ranks from where the first one did.
  const top = cursor ?? (yield* newestCandidates(sql, plan, latest, 1))[0]
  const best =
    top === undefined ? [] : yield* ranked(sql, yield* newestCandidates(sql, plan, top, MOST_RANKED), wanted)
  for (let at = cursor?.rank ?? 0; at < best.length && found.length <= limit; at += WINDOW) {
    const rows = yield* wantedAmong(sql, accountId, best.slice(at, at + WINDOW), conditions)
    for (const { at: within, found: row } of rows) {
      found.push({ row, next: { second: top?.second ?? 0, row: top?.row ?? 0, rank: at + within + 1 } })
    }
    yield* Effect.yieldNow
  }
  return { found, stoppedAt: null } satisfies Findings
})

export const searchMessages = Effect.fnUntraced(function* (
  sql: SqlClient.SqlClient,
  accountId: string,
  request: SearchRequest
) {
  const plan = yield* planOf(sql, accountId, request)
  const { found, stoppedAt }: Findings =
    request.order === 'newest' ? yield* searchNewest(sql, plan) : yield* searchRelevant(sql, plan)
  const page = found.slice(0, plan.limit)
  const hits = yield* Effect.forEach(page, ({ row }) => hitOf(sql, row, plan.wanted))
  const next = found.length > plan.limit ? (page.at(-1)?.next ?? null) : stoppedAt
  return { hits, next } satisfies SearchPage
})

const isLater = (a: IndexPlace, b: IndexPlace): boolean =>
  a.second > b.second || (a.second === b.second && a.row > b.row)
