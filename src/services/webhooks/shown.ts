// A webhook as it is shown.
import { Effect } from 'effect'
import { SqlClient } from 'effect/sql'
import type { Webhook } from '../../domain/webhook.ts'
import type { Endpoint } from './endpoints.ts'
import { lanesOf } from './lanes.ts'
import { waitingFor } from './waiting.ts'

/** With how it does. */
export const shown = Effect.fnUntraced(function* (endpoint: Endpoint) {
  const sql = yield* SqlClient.SqlClient
  const { accountId, createdAt, headers, state, types, updatedAt, url, webhookId } = endpoint
  const { batch, format, formatEvents, keyId, name, previousSecretUntil, reason, threadIds } = endpoint
  const lanes = yield* lanesOf(sql, webhookId)
  const [dead] = yield* sql<{
    n: number
  }>`SELECT COUNT(*) AS n FROM webhook_dead_letters WHERE webhook_id = ${webhookId}`
  return {
    webhookId,
    name,
    url,
    accountId,
    types,
    threadIds,
    format,
    formatEvents,
    batch,
    keyId,
    state,
    reason,
    headers: Object.keys(headers),
    ...(yield* waitingFor(endpoint, lanes.length > 0)),
    failingLanes: state === 'active' ? lanes.length : 0,
    nextAttemptAt: state === 'active' ? (lanes[0]?.nextAt ?? null) : null,
    deadLetters: dead?.n ?? 0,
    previousSecretUntil,
    createdAt,
    updatedAt
  } satisfies Webhook
})
