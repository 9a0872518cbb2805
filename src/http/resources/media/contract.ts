// The HTTP contract of received files.
import { Schema } from 'effect'
import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema } from 'effect/http-api'
import { MEDIA_VARIANTS } from '../../../domain/message.ts'
import { reads } from '../../auth/access.ts'
import { Authorization } from '../../auth/authorization.ts'
import { accountPath } from '../../fields.ts'
import { operation } from '../../operation.ts'
import {
  MediaBroken,
  MediaGoneForGood,
  MediaNotTaken,
  MediaOnItsWay,
  NotFound,
  StoreUnavailable
} from '../../problems.ts'
import { Whole } from '../../../domain/whole.ts'

export class MediaGroup extends HttpApiGroup.make('media')
  .add(
    HttpApiEndpoint.get('file', '/messages/:messageKey/media', {
      params: { messageKey: Schema.String.check(Schema.isMaxLength(500)) },
      query: { variant: Schema.optionalKey(Schema.Literals(['hd', ...MEDIA_VARIANTS])) },
      success: Schema.Uint8Array.pipe(
        HttpApiSchema.asUint8Array({ contentType: 'application/octet-stream' })
      ),
      error: [NotFound, MediaNotTaken, MediaGoneForGood, MediaOnItsWay, MediaBroken, StoreUnavailable]
    }).annotateMerge(
      operation({
        access: reads('messageKey'),
        summary: 'Download the file of a message',
        description:
          "The path takes the message's `messageKey`. `variant` asks for a file beside the one that is shown (`media.variants`); 404 when the message has no such file. A file that is not stored yet is fetched from WhatsApp. Supports HEAD, a single Range, If-Range and If-None-Match (the ETag is the SHA-256 of the content). Images, audio and video have their own content type and are inline; everything else is an attachment, with a content type that browsers do not execute."
      })
    ),
    HttpApiEndpoint.get('overview', '/accounts/:accountId/media', {
      params: accountPath,
      success: Schema.Struct({
        policy: Schema.Literals(['none', 'on-demand', 'recent', 'all']),
        /** Messages by their file: stored, waiting for another attempt or for the phone, given up, or not tried yet. */
        stored: Whole,
        waiting: Whole,
        failed: Whole,
        notFetched: Whole,
        /** Older than MEDIA_KEEP. */
        removed: Whole
      }).annotate({ identifier: 'MediaCounts' }),
      error: [NotFound, StoreUnavailable]
    }).annotateMerge(
      operation({
        access: reads('path'),
        summary: 'Count received files',
        description: 'How many files are stored, waiting, failed, or not fetched yet.'
      })
    )
  )
  .middleware(Authorization)
  .prefix('/v1') {}
