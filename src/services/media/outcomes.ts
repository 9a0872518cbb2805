// Why the file of a message cannot be opened.
import { Schema } from 'effect'
import type { DatabaseError } from '../database/error.ts'
import type { MediaCorrupt, MediaTooLarge, MediaUnavailable } from '../whatsapp/media/errors.ts'
import type { MediaStorageError } from './files.ts'

/** The message has no file that can be downloaded. */
export class NoMedia extends Schema.TaggedError<NoMedia>()('NoMedia', {}) {}

/** Media are not downloaded on this server. */
export class MediaOff extends Schema.TaggedError<MediaOff>()('MediaOff', {}) {}

/** Neither WhatsApp nor the phone has it any more. */
export class MediaGone extends Schema.TaggedError<MediaGone>()('MediaGone', {}) {}

/** The request is stored: the file is being transferred, or waits for the phone, or for a connection to ask the phone. */
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
