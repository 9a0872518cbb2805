// Rows of the coverage tables, decoded: what is known about a thread as a whole, and its gaps.
import { Schema } from 'effect'
import { ReasonCode } from '../../../domain/backfill.ts'
import { Beginning, Gap } from '../../../domain/coverage.ts'
import type { RawMessage } from '../../whatsapp/convert/chunk.ts'

/** A gap with the WhatsApp ids of the messages at its edges. */
const OpenGap = Schema.Struct({
  ...Gap.fields,
  threadId: Schema.String,
  fromId: Schema.NullOr(Schema.String),
  toId: Schema.NullOr(Schema.String),
  toFromMe: Schema.NullOr(Schema.BooleanFromBit)
}).pipe(Schema.encodeKeys({ from: 'fromAt', to: 'toAt' }))
export type OpenGap = typeof OpenGap.Type

export const CoverageRow = Schema.Struct({
  beginning: Beginning,
  /** The first live message since the account was linked. */
  liveFrom: Schema.NullOr(Schema.Finite),
  liveId: Schema.NullOr(Schema.String),
  liveFromMe: Schema.NullOr(Schema.BooleanFromBit),
  /** Whether what lies between history and the first live message has been decided: no gap, or an open one. */
  joined: Schema.BooleanFromBit,
  /** The oldest message that the phone has sent, stored or not. */
  floorAt: Schema.NullOr(Schema.Finite),
  floorId: Schema.NullOr(Schema.String),
  floorFromMe: Schema.NullOr(Schema.BooleanFromBit),
  /** Whether the phone has said, since the account was linked, that it gives this device nothing older. */
  isDenied: Schema.BooleanFromBit,
  /** What was older was removed, or not stored, by this server's own rule. */
  keptSince: Schema.NullOr(Schema.Finite),
  refusal: Schema.NullOr(Schema.String),
  refusalCode: Schema.NullOr(ReasonCode),
  refusedAt: Schema.NullOr(Schema.Finite)
})
export type CoverageRow = typeof CoverageRow.Type

/** How far back the phone has sent a thread, and what it said about the beginning. */
export interface Reach {
  readonly beginning: Beginning
  readonly floor: RawMessage | undefined
  /** Whether the phone gives this device nothing older, as long as it is linked. */
  readonly isDenied: boolean
}

export const decodeGap = Schema.decodeUnknownEffect(OpenGap)
export const decodeCoverage = Schema.decodeUnknownEffect(CoverageRow)

/** The message that three columns name; `undefined` when they are empty. */
export const messageIn = (
  whatsAppId: string | null,
  at: number | null,
  fromMe: boolean | null
): RawMessage | undefined =>
  whatsAppId === null || at === null ? undefined : { whatsAppId, fromMe: fromMe === true, at }

export const firstLiveOf = (row: CoverageRow): RawMessage | undefined =>
  messageIn(row.liveId, row.liveFrom, row.liveFromMe)

export const reachOf = (
  row:
    | (Pick<CoverageRow, 'beginning' | 'floorAt' | 'floorId' | 'floorFromMe'> &
        Partial<Pick<CoverageRow, 'isDenied'>>)
    | undefined
): Reach =>
  row === undefined
    ? { beginning: 'unknown', floor: undefined, isDenied: false }
    : {
        beginning: row.beginning,
        floor: messageIn(row.floorId, row.floorAt, row.floorFromMe),
        isDenied: row.isDenied === true
      }
