// Which copies of sessions were taken over or given away. A copy that is used twice reuses counters and pre-keys, and
// messages encrypted with them cannot be read by either side.
import { Effect } from 'effect'
import type { SqlClient } from 'effect/sql'
import { refusal } from './refusal.ts'
import type { SessionMark } from './session.ts'

type Direction = 'imported' | 'exported'

interface Move {
  readonly digest: string
  readonly direction: Direction
  readonly nextPreKeyId: number
}

/** Writes down that this copy was moved; `at` is in milliseconds since 1970. */
export const noteMove = (sql: SqlClient.SqlClient, mark: SessionMark, direction: Direction, at: number) =>
  sql`INSERT INTO session_moves (identity, digest, direction, next_pre_key_id, moved_at)
    VALUES (${mark.identity}, ${mark.digest}, ${direction}, ${mark.nextPreKeyId}, ${at})
    ON CONFLICT (identity, digest) DO UPDATE SET direction = excluded.direction, moved_at = excluded.moved_at`

/** Refuses a copy that was taken over before, or that is older than one that was moved. */
export const refuseUsed = Effect.fnUntraced(function* (sql: SqlClient.SqlClient, mark: SessionMark) {
  const moves = yield* sql<Move>`SELECT digest, direction, next_pre_key_id FROM session_moves
    WHERE identity = ${mark.identity}`
  const isKnown = moves.some(({ digest, direction }) => digest === mark.digest && direction === 'imported')
  const isOlder = moves.some(({ nextPreKeyId }) => nextPreKeyId > mark.nextPreKeyId)
  if (!isKnown && !isOlder) return
  return yield* refusal(
    'usedBefore',
    isKnown
      ? 'This copy of the session was taken over before. Used twice, it would lose messages: take a new copy from the server that used it last'
      : 'This copy is older than one that was moved here or away. Take a copy from the server that used the session last'
  )
})
