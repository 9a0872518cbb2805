// Events on their way to the URLs of applications.
import { Layer } from 'effect'
import type { Config } from '../../config.ts'
import { EventData } from '../../services/conversations/event-data.ts'
import { Webhooks } from '../../services/webhooks/webhooks.ts'

export const layer = (config: Config) =>
  Webhooks.layer({ allowPrivateAddresses: config.WEBHOOK_URL_PRIVATE }).pipe(
    Layer.provideMerge(EventData.layer)
  )
