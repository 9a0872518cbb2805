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
  gapId: Schema.Finite,
  threadId: Schema.String,
  reason: Gap.fields.reason,
  fromAt: Schema.NullOr(Schema.Finite),
  fromId: Schema.NullOr(Schema.String),
  toAt: Schema.NullOr(Schema.Finite),
  toId: Schema.NullOr(Schema.String),
  toFromMe: Schema.NullOr(Schema.Finite),
  openedAt: Schema.Finite
})

export const ReachRow = Schema.Struct({
  beginning: Beginning,
  liveFrom: Schema.NullOr(Schema.Finite),
  liveId: Schema.NullOr(Schema.String),
  liveFromMe: Schema.NullOr(Schema.Finite),
  joined: Schema.Finite,
  floorAt: Schema.NullOr(Schema.Finite),
  floorId: Schema.NullOr(Schema.String),
  floorFromMe: Schema.NullOr(Schema.Finite),
  refusal: Schema.NullOr(Schema.String),
  refusedAt: Schema.NullOr(Schema.Finite)
})
export type ReachRow = typeof ReachRow.Type

export const decodeGap = Schema.decodeUnknownEffect(GapRow)
export const decodeReach = Schema.decodeUnknownEffect(ReachRow)

export const gapOf = (row: typeof GapRow.Type): OpenGap => ({
  gapId: row.gapId,
  threadId: row.threadId,
  reason: row.reason,
  from: row.fromAt,
  to: row.toAt,
  openedAt: row.openedAt,
  fromId: row.fromId,
  toId: row.toId,
  toFromMe: row.toFromMe === 1
})

export const reachOf = (row: ReachRow | undefined): Reach => ({
  beginning: row?.beginning ?? 'unknown',
  floor:
    row?.floorAt == null || row.floorId === null
      ? undefined
      : { whatsAppId: row.floorId, fromMe: row.floorFromMe === 1, at: row.floorAt }
})
