// How far the pages of an open gap have gone back. A dry run keeps its own account of it: the gaps stay as they are.
import { Effect, Schema } from 'effect'
import { SqlClient } from 'effect/sql'
import type { RawMessage } from '../../whatsapp/convert/chunk.ts'
import { Coverage } from '../coverage/coverage.ts'
import type { OpenGap } from '../coverage/rows.ts'
import { JobKind } from './job-kind.ts'

const decodeProgress = Schema.decodeUnknownEffect(
  Schema.Struct({
    toAt: Schema.NullOr(Schema.Finite),
    toId: Schema.NullOr(Schema.String),
    toFromMe: Schema.NullOr(Schema.BooleanFromBit),
    filled: Schema.BooleanFromBit
  })
)

/** What is left of a gap; `undefined` when nothing is. */
export const remainingGap = Effect.fnUntraced(function* (gapId: number) {
  const coverage = yield* Coverage
  const { dry } = yield* JobKind
  const gap = yield* coverage.gap(gapId)
  return dry === 1 && gap !== undefined ? yield* leftToCount(gap) : gap
})

const leftToCount = Effect.fnUntraced(function* (gap: OpenGap) {
  const sql = yield* SqlClient.SqlClient
  const [row] =
    yield* sql`SELECT to_at, to_id, to_from_me, filled FROM rehearsed_gaps WHERE gap_id = ${gap.gapId}`
  if (row === undefined) return gap
  const { filled, toAt, toFromMe, toId } = yield* decodeProgress(row)
  const left: OpenGap = { ...gap, to: toAt, toId, toFromMe }
  return filled ? undefined : left
})

/** Everything from this message on has come. */
export const narrowGap = Effect.fnUntraced(function* (gap: OpenGap, to: RawMessage) {
  const coverage = yield* Coverage
  const { dry } = yield* JobKind
  yield* dry === 0 ? coverage.narrowGap(gap.gapId, to) : noteCounted(gap.gapId, to)
})

/** Everything in the gap has come. */
export const closeGap = Effect.fnUntraced(function* (gap: OpenGap) {
  const coverage = yield* Coverage
  const { dry } = yield* JobKind
  yield* dry === 0 ? coverage.closeGap(gap.gapId) : noteCounted(gap.gapId, undefined)
})

/** `to` is where the counting has come to; without it, the whole gap is counted. */
const noteCounted = Effect.fnUntraced(function* (gapId: number, to: RawMessage | undefined) {
  const sql = yield* SqlClient.SqlClient
  yield* sql`INSERT INTO rehearsed_gaps (gap_id, account_id, to_at, to_id, to_from_me, filled)
    SELECT gap_id, account_id, ${to?.at ?? null}, ${to?.whatsAppId ?? null}, ${to?.fromMe ?? null}, ${to === undefined}
    FROM gaps WHERE gap_id = ${gapId}
    ON CONFLICT (gap_id) DO UPDATE SET to_at = excluded.to_at, to_id = excluded.to_id,
      to_from_me = excluded.to_from_me, filled = excluded.filled`
})
