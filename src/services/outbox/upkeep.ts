// What the outbox does now and then, for all accounts: entries expire, old ones are removed with their files.
import { Clock, Effect } from 'effect'
import { SqlClient } from 'effect/sql'
import { jsonField } from '../database/dialect.ts'
import { asDatabaseError } from '../database/error.ts'
import { ALL_ACCOUNTS, type Waiter, Wakes } from '../process/wakes.ts'
import { Attachments } from './attachments.ts'
import { EXPIRY } from './topics.ts'
import { expire } from './withdraw.ts'

/** How long an entry can be looked up after its end. */
const KEPT_AFTER_END_MS = 7 * 24 * 60 * 60 * 1000
const INTERVAL_MS = 30_000
/** An entry that has expired while it is being sent is looked at again after this time. */
const SENDING_MS = 1000

/** Removes entries that ended long ago, and the files that no waiting entry needs. */
const forget = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const attachments = yield* Attachments
  const now = yield* Clock.currentTimeMillis
  yield* sql`DELETE FROM outbox WHERE status NOT IN ('queued', 'sending') AND updated_at < ${now - KEPT_AFTER_END_MS}`
  const field = (name: string) => sql.literal(jsonField(sql, 'content', name))
  const rows = yield* sql<{ file: string }>`SELECT ${field('file')} AS file FROM outbox
    WHERE status IN ('queued', 'sending') AND ${field('kind')} = 'media'`
  yield* attachments.keepOnly(new Set(rows.map(row => row.file)))
})

const nextExpiry = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const [row] = yield* sql<{ at: number | null }>`SELECT MIN(expires_at) AS at FROM outbox
    WHERE status = 'queued' AND expires_at IS NOT NULL`
  return row?.at ?? Infinity
})

const waitForNext = Effect.fnUntraced(function* (waiter: Waiter, leastMs: number) {
  yield* waiter.reset
  const at = yield* nextExpiry
  const now = yield* Clock.currentTimeMillis
  yield* Effect.timeoutOption(waiter.await, Math.min(INTERVAL_MS, Math.max(leastMs, at - now)))
})

/** Never ends. */
export const upkeep = Effect.gen(function* () {
  const wakes = yield* Wakes
  const waiter = yield* wakes.waiter(EXPIRY, ALL_ACCOUNTS)
  const round = Effect.gen(function* () {
    const isSending = yield* expire
    yield* forget
    yield* waitForNext(waiter, isSending ? SENDING_MS : 0)
  })
  return yield* round.pipe(
    asDatabaseError('tidying the outbox'),
    Effect.catch(error =>
      Effect.andThen(
        Effect.logWarning('The outbox cannot be tidied: entries do not expire meanwhile', error),
        Effect.sleep(INTERVAL_MS)
      )
    ),
    Effect.forever
  )
}).pipe(Effect.scoped)
