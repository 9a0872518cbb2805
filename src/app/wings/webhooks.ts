// Events on their way to the URLs of applications.
import { Context, Effect, Layer } from 'effect'
import type { Config } from '../../config.ts'
import { AccessKeys } from '../../services/access/access-keys.ts'
import { BeforePruning } from '../../services/events/event-log.ts'
import { Incidents } from '../../services/incidents/incidents.ts'
import { KnownEndpoints } from '../../services/webhooks/known-endpoints.ts'
import { Turns } from '../../services/webhooks/turns.ts'
import { noteMissed } from '../../services/webhooks/missed.ts'
import { Webhooks } from '../../services/webhooks/webhooks.ts'
import { SqlClient } from 'effect/sql'
import * as Workers from '../../services/webhooks/workers.ts'

export const layer = (config: Config) => {
  const options = { allowPrivateAddresses: config.WEBHOOK_URL_PRIVATE }
  return Layer.mergeAll(Webhooks.layer(options), Workers.layer(options)).pipe(
    Layer.provide(Layer.merge(KnownEndpoints.layer, Turns.layer))
  )
}

/** Before events are removed, what endpoints have not taken of them is noted. */
export const beforePruning = Layer.effect(
  BeforePruning,
  Effect.map(Effect.context<AccessKeys | Incidents | SqlClient.SqlClient>(), context => {
    const needed = Context.pick(AccessKeys, Incidents, SqlClient.SqlClient)(context)
    return (upTo: number) => Effect.provideContext(noteMissed(upTo), needed)
  })
)
