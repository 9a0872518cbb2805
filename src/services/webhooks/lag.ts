// For how long what is new in the log has waited to be looked at by the endpoint that is furthest behind, for monitoring.
import { Clock, Effect } from 'effect'
import { SqlClient } from 'effect/sql'
import { noteWebhookLag } from '../telemetry/metrics.ts'
import { KnownEndpoints } from './known-endpoints.ts'

/** What a failing conversation waits for is not counted: it waits in its lane. */
export const measureLag = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const known = yield* KnownEndpoints
  const active = yield* sql<{ webhookId: string; place: number }>`SELECT webhook_id, place FROM webhooks
    WHERE state = 'active'`
  const behind = Math.min(
    ...active.map(endpoint => Math.max(endpoint.place, known.seenOf(endpoint.webhookId)))
  )
  const [oldest] =
    active.length === 0
      ? []
      : yield* sql<{ at: number }>`SELECT at FROM events WHERE event_id > ${behind} ORDER BY event_id LIMIT 1`
  const now = yield* Clock.currentTimeMillis
  yield* noteWebhookLag(oldest === undefined ? 0 : Math.max(0, now - oldest.at) / 1000)
})
