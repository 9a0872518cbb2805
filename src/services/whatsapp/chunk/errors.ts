// Why a history chunk could not be read.
import { Schema } from 'effect'

/** The chunk could not be fetched this time; it may still be there. */
export class ChunkUnavailable extends Schema.TaggedError<ChunkUnavailable>()('ChunkUnavailable', {
  reason: Schema.String
}) {}

/** What was fetched is not the chunk that was announced, or the media server no longer has it. */
export class ChunkCorrupt extends Schema.TaggedError<ChunkCorrupt>()('ChunkCorrupt', {
  reason: Schema.String
}) {}

export type ChunkError = ChunkUnavailable | ChunkCorrupt

export const reasonOf = (cause: unknown): string => (cause instanceof Error ? cause.message : 'unknown')
