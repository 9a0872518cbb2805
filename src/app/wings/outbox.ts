// What applications want sent, and the files that go with it.
import { join } from 'node:path'
import { Layer } from 'effect'
import type { Config } from '../../config.ts'
import { Attachments } from '../../services/outbox/attachments.ts'
import { LinkPreviews } from '../../services/outbox/preparation/link/link-previews.ts'
import { Preparation } from '../../services/outbox/preparation/preparation.ts'
import { Outbox } from '../../services/outbox/outbox.ts'

/** Bytes. */
export const largestFile = ({ MEDIA_MAX_MB }: Config): number => MEDIA_MAX_MB * 1_048_576

export const layer = (config: Config) =>
  Outbox.layer({ paceMs: config.SEND_PACE, postStatuses: config.WHATSAPP_POST_STATUSES }).pipe(
    Layer.provide(
      LinkPreviews.layer({
        enabled: config.LINK_PREVIEWS,
        allowPrivateAddresses: config.MEDIA_URL_PRIVATE
      })
    ),
    Layer.provide(Preparation.layer()),
    Layer.provideMerge(
      Attachments.layer({
        folder: join(config.DATA_DIR, 'outgoing'),
        largest: largestFile(config),
        allowPrivateAddresses: config.MEDIA_URL_PRIVATE
      })
    )
  )
