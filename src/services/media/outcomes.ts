// What somebody who asks for a file is told when it is not here.
import { Schema } from 'effect'
import type { DatabaseError } from '../database/error.ts'
import type { MediaCorrupt, MediaTooLarge, MediaUnavailable } from '../whatsapp/media/errors.ts'
import type { MediaStorageError } from './files.ts'

/** The message has no file that could be fetched. */
export class NoMedia extends Schema.TaggedError<NoMedia>()('NoMedia', {}) {}

/** Media are not downloaded on this server. */
export class MediaOff extends Schema.TaggedError<MediaOff>()('MediaOff', {}) {}

/** Neither WhatsApp nor the phone has it any more. */
export class MediaGone extends Schema.TaggedError<MediaGone>()('MediaGone', {}) {}

/** It is asked for and remembered: being transferred, or the phone is silent, or cannot be asked without a connection. */
export class MediaWaits extends Schema.TaggedError<MediaWaits>()('MediaWaits', {
  for: Schema.Literals(['transfer', 'phone', 'connection'])
}) {}

export type OpenError =
  | NoMedia
  | MediaOff
  | MediaGone
  | MediaWaits
  | MediaTooLarge
  | MediaUnavailable
  | MediaCorrupt
  | MediaStorageError
  | DatabaseError
