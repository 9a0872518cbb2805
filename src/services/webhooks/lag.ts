// For how long what is new in the log has waited to be looked at by the endpoint that is furthest behind, for monitoring.
import { Clock, Effect } from 'effect'
import { SqlClient } from 'effect/sql'
import { jsonField } from '../database/dialect.ts'
import { noteWebhookLag } from '../telemetry/metrics.ts'
import { KnownEndpoints } from './known-endpoints.ts'

interface Place {
  readonly webhookId: string
  readonly place: number
  /** For how long its batches wait for more events; 0 without batches. */
  readonly maxWaitMs: number
}

/** What a failing conversation waits for is not counted: it waits in its lane. Nor is what a batch waits for, as it was asked to. */
export const measureLag = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const known = yield* KnownEndpoints
  const now = yield* Clock.currentTimeMillis
  const active = yield* sql<Place>`SELECT webhook_id, place,
      COALESCE(${sql.literal(jsonField(sql, 'batch', 'maxWaitMs'))}, 0) AS max_wait_ms
    FROM webhooks WHERE state = 'active'`
  let lag = 0
  for (const { maxWaitMs, place, webhookId } of active) {
    const seen = Math.max(place, known.seenOf(webhookId))
    const [next] = yield* sql<{
      at: number
    }>`SELECT at FROM events WHERE event_id > ${seen} ORDER BY event_id LIMIT 1`
    if (next !== undefined) lag = Math.max(lag, now - next.at - maxWaitMs)
  }
  yield* noteWebhookLag(lag / 1000)
})
