// Events on their way to the URLs of applications.
import { Layer } from 'effect'
import type { Config } from '../../config.ts'
import { Webhooks } from '../../services/webhooks/webhooks.ts'
import * as Workers from '../../services/webhooks/workers.ts'

export const layer = (config: Config) => {
  const options = { allowPrivateAddresses: config.WEBHOOK_URL_PRIVATE }
  return Layer.mergeAll(Webhooks.layer(options), Workers.layer(options))
}
