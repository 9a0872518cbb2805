// The endpoints as they are stored: where events go, which ones, and how far each endpoint has got. What may hold credentials is sealed.
import { Effect, Schema } from 'effect'
import type { SqlClient } from 'effect/sql'
import { WebhookState } from '../../domain/webhook.ts'
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
  previousSecretUntil: Schema.NullOr(Schema.Finite),
  createdAt: Schema.Finite,
  updatedAt: Schema.Finite
})

/** `place` is the number of the last event that it has taken, or that waits in a lane. */
export type Endpoint = Omit<typeof Row.Type, 'sealed'> & Secrets

const decodeRow = Schema.decodeUnknownEffect(Row)
const decodeSealed = Schema.decodeEffect(Sealed)
const encodeSealed = Schema.encodeEffect(Sealed)

const labelOf = (webhookId: string): string => `webhook ${webhookId}`

const opened = (seal: Seal['Service']) =>
  Effect.fnUntraced(function* (row: unknown) {
    const { sealed, ...endpoint } = yield* decodeRow(row)
    const text = yield* seal.open(labelOf(endpoint.webhookId), sealed)
    return { ...endpoint, ...(yield* decodeSealed(text.toString('utf8'))) } satisfies Endpoint
  })

export const readEndpoint = Effect.fnUntraced(function* (
  sql: SqlClient.SqlClient,
  seal: Seal['Service'],
  webhookId: string
) {
  const [row] = yield* sql`SELECT * FROM webhooks WHERE webhook_id = ${webhookId}`
  return row === undefined ? undefined : yield* opened(seal)(row)
})

export const readEndpoints = (sql: SqlClient.SqlClient, seal: Seal['Service']) =>
  Effect.flatMap(sql`SELECT * FROM webhooks ORDER BY created_at, webhook_id`, rows =>
    Effect.forEach(rows, opened(seal))
  )

/** Writes everything but the place, which only deliveries change. */
export const writeEndpoint = Effect.fnUntraced(function* (
  sql: SqlClient.SqlClient,
  seal: Seal['Service'],
  { headers, previousSecret, secret, url, ...endpoint }: Endpoint
) {
  const text = yield* encodeSealed({
    url,
    headers,
    secret,
    ...(previousSecret === undefined ? {} : { previousSecret })
  })
  const sealed = seal.close(labelOf(endpoint.webhookId), Buffer.from(text))
  yield* sql`INSERT INTO webhooks (webhook_id, account_id, name, types, sealed, state, reason, place, previous_secret_until, created_at,
      updated_at)
    VALUES (${endpoint.webhookId}, ${endpoint.accountId}, ${endpoint.name}, ${JSON.stringify(endpoint.types)}, ${sealed},
      ${endpoint.state}, ${endpoint.reason}, ${endpoint.place}, ${endpoint.previousSecretUntil}, ${endpoint.createdAt},
      ${endpoint.updatedAt})
    ON CONFLICT (webhook_id) DO UPDATE SET account_id = excluded.account_id, name = excluded.name, types = excluded.types,
      sealed = excluded.sealed, state = excluded.state, reason = excluded.reason,
      previous_secret_until = excluded.previous_secret_until, updated_at = excluded.updated_at`
})

/** With everything that waits for it and is known of it. */
export const deleteEndpoint = Effect.fnUntraced(function* (sql: SqlClient.SqlClient, webhookId: string) {
  for (const table of ['webhook_lanes', 'webhook_deliveries', 'webhook_dead_letters', 'webhook_replays'])
    yield* sql`DELETE FROM ${sql(table)} WHERE webhook_id = ${webhookId}`
  yield* sql`DELETE FROM webhooks WHERE webhook_id = ${webhookId}`
})
