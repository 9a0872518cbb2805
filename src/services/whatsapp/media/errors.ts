// Why a file could not be fetched from WhatsApp's media server.
import { Schema } from 'effect'

/** The media server does not have it there any more: the phone has to upload it again. */
export class MediaExpired extends Schema.TaggedError<MediaExpired>()('MediaExpired', {
  /** The HTTP status; none when the address itself is impossible. */
  status: Schema.optionalKey(Schema.Finite)
}) {}

/** It could not be fetched this time. */
export class MediaUnavailable extends Schema.TaggedError<MediaUnavailable>()('MediaUnavailable', {
  reason: Schema.String
}) {}

/** What was fetched is not the announced file. */
export class MediaCorrupt extends Schema.TaggedError<MediaCorrupt>()('MediaCorrupt', {
  reason: Schema.String
}) {}

/** It is larger than this server takes. */
export class MediaTooLarge extends Schema.TaggedError<MediaTooLarge>()('MediaTooLarge', {}) {}
