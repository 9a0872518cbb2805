// The HTTP contract of received files.
import { Schema } from 'effect'
import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema, OpenApi } from 'effect/http-api'
import { Authorization } from '../../auth/authorization.ts'
import { AccountId } from '../../fields.ts'
import {
  MediaBroken,
  MediaGoneForGood,
  MediaNotTaken,
  MediaOnItsWay,
  NotFound,
  StoreUnavailable
} from '../../problems.ts'

export class MediaGroup extends HttpApiGroup.make('media')
  .add(
    HttpApiEndpoint.get('file', '/messages/:messageKey/media', {
      params: { messageKey: Schema.String.check(Schema.isMaxLength(500)) },
      success: Schema.Uint8Array.pipe(
        HttpApiSchema.asUint8Array({ contentType: 'application/octet-stream' })
      ),
      error: [NotFound, MediaNotTaken, MediaGoneForGood, MediaOnItsWay, MediaBroken, StoreUnavailable]
    }).annotateMerge(
      OpenApi.annotations({
        summary:
          "The file of a message, fetched from WhatsApp if it is not here yet; the key is the message's messageKey",
        description:
          'Answers HEAD, one Range, If-Range and If-None-Match (the ETag is the SHA-256 of the content). Pictures, sound and film have their own type and are inline; everything else is an attachment, and of a type that browsers do not run.'
      })
    ),
    HttpApiEndpoint.get('overview', '/accounts/:accountId/media', {
      params: { accountId: AccountId },
      success: Schema.Struct({
        policy: Schema.Literals(['none', 'on-demand', 'recent', 'all']),
        /** Messages whose file is here, waits for another attempt or for the phone, was given up, or was not tried yet. */
        stored: Schema.Finite,
        waiting: Schema.Finite,
        failed: Schema.Finite,
        notFetched: Schema.Finite
      }),
      error: [NotFound, StoreUnavailable]
    }).annotateMerge(
      OpenApi.annotations({ summary: 'How many received files are here, and how many are not' })
    )
  )
  .middleware(Authorization)
  .prefix('/v1') {}
