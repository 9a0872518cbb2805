// Which media are to be fetched. What nothing was tried for yet is found in the messages themselves, by an index; only what
// has to be tried again, or asked of the phone, has a row of its own.
import { Effect, Schema } from 'effect'
import type { SqlClient } from 'effect/sql'

/** `download` again, `ask` the phone, or wait for the answer of the phone that was `asked`. */
export type Stage = 'download' | 'ask' | 'asked'

const Row = Schema.Struct({
  accountId: Schema.String,
  threadId: Schema.String,
  messageId: Schema.String,
  whatsappId: Schema.String,
  stage: Schema.Literals(['download', 'ask', 'asked']),
  wanted: Schema.Finite,
  attempts: Schema.Finite,
  asks: Schema.Finite,
  askedAt: Schema.NullOr(Schema.Finite),
  nextAttemptAt: Schema.Finite
})

export interface Place {
  readonly threadId: string
  readonly messageId: string
}

/** A file that waits; times are milliseconds since 1970. */
export interface Waiting extends Place {
  readonly accountId: string
  readonly whatsAppId: string
  readonly stage: Stage
  /** A person asked for it. */
  readonly wanted: boolean
  /** Downloads that failed, and questions to the phone. */
  readonly attempts: number
  readonly asks: number
  readonly askedAt: number | null
  readonly nextAttemptAt: number
}

const waitingOf = (row: unknown) =>
  Effect.map(Schema.decodeUnknownEffect(Row)(row), (found): Waiting => ({
    accountId: found.accountId,
    threadId: found.threadId,
    messageId: found.messageId,
    whatsAppId: found.whatsappId,
    stage: found.stage,
    wanted: found.wanted === 1,
    attempts: found.attempts,
    asks: found.asks,
    askedAt: found.askedAt,
    nextAttemptAt: found.nextAttemptAt
  }))

/** Files of an account by what became of them. */
export interface MediaCounts {
  readonly stored: number
  readonly waiting: number
  readonly failed: number
  readonly notFetched: number
}

/** No wait is longer: a later time was written by a clock that has jumped back since. */
export const LONGEST_WAIT_MS = 24 * 60 * 60 * 1000

export const fetchQueue = (sql: SqlClient.SqlClient) => {
  const HAS_FILE = sql.literal(`media IS NOT NULL AND media ->> '$.download.directPath' IS NOT NULL`)
  const STATE = sql.literal(`media ->> '$.fetched.state'`)

  return {
    read: Effect.fnUntraced(function* ({ messageId, threadId }: Place) {
      const [row] = yield* sql`SELECT * FROM media_fetches
        WHERE thread_id = ${threadId} AND message_id = ${messageId}`
      return row === undefined ? undefined : yield* waitingOf(row)
    }),

    put: (
      entry: Waiting
    ) => sql`INSERT OR REPLACE INTO media_fetches (account_id, thread_id, message_id, whatsapp_id,
        stage, wanted, attempts, asks, asked_at, next_attempt_at)
      VALUES (${entry.accountId}, ${entry.threadId}, ${entry.messageId}, ${entry.whatsAppId}, ${entry.stage},
        ${entry.wanted}, ${entry.attempts}, ${entry.asks}, ${entry.askedAt}, ${entry.nextAttemptAt})`,

    forget: ({ messageId, threadId }: Place) =>
      sql`DELETE FROM media_fetches WHERE thread_id = ${threadId} AND message_id = ${messageId}`,

    /** What is due to be downloaded again, or asked (again) of the phone; first what a person waits for. */
    due: Effect.fnUntraced(function* (
      accountId: string,
      stages: ReadonlyArray<Stage>,
      now: number,
      limit: number
    ) {
      const rows = yield* sql`SELECT * FROM media_fetches
        WHERE account_id = ${accountId} AND ${sql.in('stage', stages)}
          AND (next_attempt_at <= ${now} OR next_attempt_at > ${now + LONGEST_WAIT_MS})
        ORDER BY wanted DESC, next_attempt_at LIMIT ${limit}`
      return yield* Effect.forEach(rows, waitingOf)
    }),

    nextDue: (accountId: string, stages: ReadonlyArray<Stage>) =>
      Effect.map(
        sql<{ at: number | null }>`SELECT MIN(next_attempt_at) AS at FROM media_fetches
          WHERE account_id = ${accountId} AND ${sql.in('stage', stages)}`,
        ([row]) => row?.at ?? undefined
      ),

    /** Questions the phone was asked since a time and has not answered. */
    askedSince: (accountId: string, time: number) =>
      Effect.map(
        sql<{ n: number }>`SELECT COUNT(*) AS n FROM media_fetches
          WHERE account_id = ${accountId} AND stage = 'asked' AND asked_at > ${time}`,
        ([row]) => row?.n ?? 0
      ),

    /** Whom an answer may be about: an id is unique only together with chat and writer. */
    named: Effect.fnUntraced(function* (accountId: string, whatsAppId: string) {
      const rows = yield* sql`SELECT * FROM media_fetches
        WHERE account_id = ${accountId} AND whatsapp_id = ${whatsAppId}`
      return yield* Effect.forEach(rows, waitingOf)
    }),

    /** Files for which nothing was tried yet, of messages since a time, the newest first. */
    untried: (accountId: string, since: number, limit: number) =>
      Effect.map(
        sql<{ threadId: string; messageId: string }>`SELECT thread_id, message_id
          FROM messages INDEXED BY messages_media
          WHERE account_id = ${accountId} AND ${HAS_FILE} AND ${STATE} IS NULL AND ts_client >= ${since}
          ORDER BY ts_client DESC LIMIT ${limit}`,
        rows => rows.map((row): Place => ({ threadId: row.threadId, messageId: row.messageId }))
      ),

    /** What was too large under an earlier limit and no longer is counts as not tried. */
    forgiveLarge: (largest: number) => sql`UPDATE messages SET media = json_remove(media, '$.fetched')
      WHERE account_id IN (SELECT account_id FROM accounts) AND ${HAS_FILE} AND ${STATE} = 'tooLarge'
        AND media ->> '$.size' <= ${largest}`,

    counts: (accountId: string) =>
      Effect.map(
        sql<{ state: string | null; n: number }>`SELECT ${STATE} AS state, COUNT(*) AS n
          FROM messages INDEXED BY messages_media
          WHERE account_id = ${accountId} AND ${HAS_FILE} GROUP BY ${STATE}`,
        (rows): MediaCounts => {
          const count = (...states: ReadonlyArray<string | null>) =>
            rows.reduce((sum, row) => (states.includes(row.state) ? sum + row.n : sum), 0)
          return {
            stored: count('stored'),
            waiting: count('waiting'),
            failed: count('failed', 'gone', 'tooLarge'),
            notFetched: count(null)
          }
        }
      ),

    /** Whether a message that is held refers to the file, by the base64 of its hash. */
    isReferred: (hash: string) =>
      Effect.map(
        sql`SELECT 1 FROM messages INDEXED BY messages_files
          WHERE media IS NOT NULL AND media ->> '$.download.fileSha256' = ${hash} AND ${STATE} = 'stored' LIMIT 1`,
        rows => rows.length > 0
      ),

    orphans: (limit: number) =>
      Effect.map(sql<{ file: string }>`SELECT file FROM media_orphans LIMIT ${limit}`, rows =>
        rows.map(row => row.file)
      ),
    forgetOrphan: (hash: string) => sql`DELETE FROM media_orphans WHERE file = ${hash}`
  }
}
