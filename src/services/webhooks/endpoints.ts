// The endpoints as they are stored: where events go, which ones, and how far each endpoint has got. What may hold credentials is sealed.
import { Effect, Schema } from 'effect'
import type { SqlClient } from 'effect/sql'
import { WebhookBatch, WebhookFormat, WebhookState } from '../../domain/webhook.ts'
import { rowsOf } from '../database/dialect.ts'
import type { Seal } from '../vault/seal.ts'

/** What is sealed. */
const Sealed = Schema.fromJsonString(
  Schema.Struct({
    url: Schema.String,
    headers: Schema.Record(Schema.String, Schema.String),
    secret: Schema.String,
    previousSecret: Schema.optionalKey(Schema.String)
  })
)
export type Secrets = typeof Sealed.Type

const Row = Schema.Struct({
  webhookId: Schema.String,
  accountId: Schema.NullOr(Schema.String),
  name: Schema.String,
  types: Schema.fromJsonString(Schema.Array(Schema.String)),
  sealed: Schema.Uint8Array,
  state: WebhookState,
  reason: Schema.NullOr(Schema.String),
  place: Schema.Finite,
  format: WebhookFormat,
  formatEvents: Schema.fromJsonString(Schema.Array(Schema.String)),
  batch: Schema.NullOr(Schema.fromJsonString(WebhookBatch)),
  batchUpto: Schema.NullOr(Schema.Finite),
  keyId: Schema.NullOr(Schema.String),
  ofThreads: Schema.BooleanFromBit,
  previousSecretUntil: Schema.NullOr(Schema.Finite),
  createdAt: Schema.Finite,
  updatedAt: Schema.Finite
})

/**
 * `place` is the number of the last event that it has taken, or that waits in a lane; `batchUpto` that of the last event of a batch on its
 * way, which after a crash is the same batch again. `ofThreads`: it gets events of its threads only, also when none of them is left.
 */
export interface Endpoint extends Omit<typeof Row.Type, 'sealed'>, Secrets {
  readonly threadIds: ReadonlyArray<string>
}

const decodeRow = Schema.decodeUnknownEffect(Row)
const decodeSealed = Schema.decodeEffect(Sealed)
const encodeSealed = Schema.encodeEffect(Sealed)

const labelOf = (webhookId: string): string => `webhook ${webhookId}`

const opened = (seal: Seal['Service'], threadsOf: ReadonlyMap<string, ReadonlyArray<string>>) =>
  Effect.fnUntraced(function* (row: unknown) {
    const { sealed, ...endpoint } = yield* decodeRow(row)
    const text = yield* seal.open(labelOf(endpoint.webhookId), sealed)
    const secrets = yield* decodeSealed(text.toString('utf8'))
    return {
      ...endpoint,
      ...secrets,
      threadIds: threadsOf.get(endpoint.webhookId) ?? []
    } satisfies Endpoint
  })

interface ThreadRow {
  readonly webhookId: string
  readonly threadId: string
}

const byWebhook = (rows: ReadonlyArray<ThreadRow>): ReadonlyMap<string, ReadonlyArray<string>> =>
  new Map(
    [...Map.groupBy(rows, ({ webhookId }) => webhookId)].map(([webhookId, found]) => [
      webhookId,
      found.map(({ threadId }) => threadId)
    ])
  )

export const readEndpoint = Effect.fnUntraced(function* (
  sql: SqlClient.SqlClient,
  seal: Seal['Service'],
  webhookId: string
) {
  const [row] = yield* sql`SELECT * FROM webhooks WHERE webhook_id = ${webhookId}`
  if (row === undefined) return undefined
  const threads = yield* sql<ThreadRow>`SELECT webhook_id, thread_id FROM webhook_threads
    WHERE webhook_id = ${webhookId} ORDER BY thread_id`
  return yield* opened(seal, byWebhook(threads))(row)
})

export const readEndpoints = Effect.fnUntraced(function* (sql: SqlClient.SqlClient, seal: Seal['Service']) {
  const rows = yield* sql`SELECT * FROM webhooks ORDER BY created_at, webhook_id`
  const threads = yield* sql<ThreadRow>`SELECT webhook_id, thread_id FROM webhook_threads
    ORDER BY webhook_id, thread_id`
  return yield* Effect.forEach(rows, opened(seal, byWebhook(threads)))
})

/**
 * Writes everything but its threads, and how far deliveries are, which only they change. Within the caller's transaction, in which the
 * endpoint was read.
 */
export const writeEndpoint = Effect.fnUntraced(function* (
  sql: SqlClient.SqlClient,
  seal: Seal['Service'],
  { headers, previousSecret, secret, url, ...endpoint }: Omit<Endpoint, 'threadIds'>
) {
  const text = yield* encodeSealed({
    url,
    headers,
    secret,
    ...(previousSecret === undefined ? {} : { previousSecret })
  })
  const sealed = seal.close(labelOf(endpoint.webhookId), Buffer.from(text))
  const batch = endpoint.batch && JSON.stringify(endpoint.batch)
  yield* sql`INSERT INTO webhooks (webhook_id, account_id, name, types, sealed, state, reason, place, previous_secret_until, created_at,
      updated_at, format, format_events, batch, key_id, of_threads)
    VALUES (${endpoint.webhookId}, ${endpoint.accountId}, ${endpoint.name}, ${JSON.stringify(endpoint.types)}, ${sealed},
      ${endpoint.state}, ${endpoint.reason}, ${endpoint.place}, ${endpoint.previousSecretUntil}, ${endpoint.createdAt},
      ${endpoint.updatedAt}, ${endpoint.format}, ${JSON.stringify(endpoint.formatEvents)}, ${batch}, ${endpoint.keyId},
      ${endpoint.ofThreads ? 1 : 0})
    ON CONFLICT (webhook_id) DO UPDATE SET account_id = excluded.account_id, name = excluded.name, types = excluded.types,
      sealed = excluded.sealed, state = excluded.state, reason = excluded.reason,
      previous_secret_until = excluded.previous_secret_until, updated_at = excluded.updated_at, format = excluded.format,
      format_events = excluded.format_events, batch = excluded.batch, key_id = excluded.key_id, of_threads = excluded.of_threads`
})

/** Within the caller's transaction. */
export const writeThreads = Effect.fnUntraced(function* (
  sql: SqlClient.SqlClient,
  { accountId, threadIds, webhookId }: Pick<Endpoint, 'accountId' | 'threadIds' | 'webhookId'>
) {
  yield* sql`DELETE FROM webhook_threads WHERE webhook_id = ${webhookId}`
  if (threadIds.length === 0) return
  const rows = threadIds.map(threadId => [webhookId, accountId, threadId])
  yield* sql`INSERT INTO webhook_threads (webhook_id, account_id, thread_id)
    SELECT webhook_id, account_id, thread_id FROM ${rowsOf(sql, rows, ['webhook_id', 'account_id', 'thread_id'])} AS given`
})

const TABLES = [
  'webhook_threads',
  'webhook_lanes',
  'webhook_deliveries',
  'webhook_dead_letters',
  'webhook_replays',
  'webhook_missed',
  'webhooks'
]

/** With everything that waits for it and is known of it. */
export const deleteEndpoint = (sql: SqlClient.SqlClient, webhookId: string) =>
  Effect.forEach(TABLES, table => sql`DELETE FROM ${sql(table)} WHERE webhook_id = ${webhookId}`, {
    discard: true
  })
