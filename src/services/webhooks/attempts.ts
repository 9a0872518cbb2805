// The attempts to deliver, as applications see them.
import { Effect, Schema } from 'effect'
import type { SqlClient } from 'effect/sql'
import { WebhookDelivery } from '../../domain/webhook.ts'
import type { SqlBulk } from '../database/bulk.ts'
import { type Attempt, isTaken } from './delivery.ts'

/** Of an endpoint, so many are kept. */
const KEPT = 1000

const BATCH = 'batch'

const rowOf = (webhookId: string, { answer, at, attempt, events, milliseconds }: Attempt) => {
  const [first] = events
  const isOne = events.length === 1
  return [
    webhookId,
    events.every(({ accountId }) => accountId === first?.accountId) ? (first?.accountId ?? null) : null,
    first?.eventId ?? 0,
    isOne ? (first?.kind ?? BATCH) : BATCH,
    events.length,
    attempt,
    isTaken(answer) ? 'delivered' : 'failed',
    answer.status,
    answer.reason,
    answer.answer,
    milliseconds,
    at
  ]
}

export const recordAttempts = Effect.fnUntraced(function* (
  bulk: SqlBulk['Service'],
  webhookId: string,
  attempts: ReadonlyArray<Attempt>
) {
  if (attempts.length === 0) return
  yield* bulk.runMany(
    `INSERT INTO webhook_deliveries (webhook_id, account_id, event_id, type, events, attempt, outcome, status, reason, answer, milliseconds, at)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    attempts.slice(-KEPT).map(one => rowOf(webhookId, one))
  )
})

/** Removes all but the newest. */
export const removeAttempts = (sql: SqlClient.SqlClient, webhookId: string) =>
  sql`DELETE FROM webhook_deliveries WHERE webhook_id = ${webhookId} AND delivery_id <=
    (SELECT delivery_id FROM webhook_deliveries WHERE webhook_id = ${webhookId} ORDER BY delivery_id DESC LIMIT 1 OFFSET ${KEPT})`

const decodeDeliveries = Schema.decodeUnknownEffect(Schema.Array(WebhookDelivery))

/** The newest first. */
export const readAttempts = (sql: SqlClient.SqlClient, webhookId: string, limit: number) =>
  Effect.flatMap(
    sql`SELECT delivery_id, event_id, type, events, attempt, outcome, status, reason, answer, milliseconds, at FROM webhook_deliveries
      WHERE webhook_id = ${webhookId} ORDER BY delivery_id DESC LIMIT ${limit}`,
    decodeDeliveries
  )
