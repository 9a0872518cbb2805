// Coverage and gaps as rows, and what they are.
import { Schema } from 'effect'
import { Beginning, Gap } from '../../../domain/coverage.ts'
import type { RawMessage } from '../../whatsapp/convert/chunk.ts'

/** A gap with the messages at its edges, as the phone knows them. */
export interface OpenGap extends Gap {
  readonly threadId: string
  readonly fromId: string | null
  readonly toId: string | null
  readonly toFromMe: boolean
}

/** How far back the phone has sent a thread, and what it said about the beginning. */
export interface Reach {
  readonly beginning: Beginning
  readonly floor: RawMessage | undefined
}

const GapRow = Schema.Struct({
  gap_id: Schema.Finite,
  thread_id: Schema.String,
  reason: Gap.fields.reason,
  from_at: Schema.NullOr(Schema.Finite),
  from_id: Schema.NullOr(Schema.String),
  to_at: Schema.NullOr(Schema.Finite),
  to_id: Schema.NullOr(Schema.String),
  to_from_me: Schema.NullOr(Schema.Finite),
  opened_at: Schema.Finite
})

export const ReachRow = Schema.Struct({
  beginning: Beginning,
  live_from: Schema.NullOr(Schema.Finite),
  live_id: Schema.NullOr(Schema.String),
  live_from_me: Schema.NullOr(Schema.Finite),
  joined: Schema.Finite,
  floor_at: Schema.NullOr(Schema.Finite),
  floor_id: Schema.NullOr(Schema.String),
  floor_from_me: Schema.NullOr(Schema.Finite),
  refusal: Schema.NullOr(Schema.String),
  refused_at: Schema.NullOr(Schema.Finite)
})
export type ReachRow = typeof ReachRow.Type

export const decodeGap = Schema.decodeUnknownEffect(GapRow)
export const decodeReach = Schema.decodeUnknownEffect(ReachRow)

export const gapOf = (row: typeof GapRow.Type): OpenGap => ({
  gapId: row.gap_id,
  threadId: row.thread_id,
  reason: row.reason,
  from: row.from_at,
  to: row.to_at,
  openedAt: row.opened_at,
  fromId: row.from_id,
  toId: row.to_id,
  toFromMe: row.to_from_me === 1
})

export const reachOf = (row: ReachRow | undefined): Reach => ({
  beginning: row?.beginning ?? 'unknown',
  floor:
    row?.floor_at == null || row.floor_id === null
      ? undefined
      : { whatsAppId: row.floor_id, fromMe: row.floor_from_me === 1, at: row.floor_at }
})
