// Stretches of the log that an endpoint is to get once more.
import { Effect, Schema } from 'effect'
import type { SqlClient } from 'effect/sql'

const Row = Schema.Struct({
  replayId: Schema.Finite,
  types: Schema.fromJsonString(Schema.Array(Schema.String)),
  place: Schema.Finite,
  untilEvent: Schema.Finite
})
/** `place` is the number of the last event that was delivered again. */
export type Replay = typeof Row.Type

const decodeRow = Schema.decodeUnknownEffect(Row)

export const nextReplay = Effect.fnUntraced(function* (sql: SqlClient.SqlClient, webhookId: string) {
  const [row] = yield* sql`SELECT replay_id, types, place, until_event FROM webhook_replays
    WHERE webhook_id = ${webhookId} ORDER BY replay_id LIMIT 1`
  return row === undefined ? undefined : yield* decodeRow(row)
})

export interface NewReplay extends Omit<Replay, 'replayId'> {
  readonly webhookId: string
  readonly createdAt: number
}

export const addReplay = (
  sql: SqlClient.SqlClient,
  { createdAt, place, types, untilEvent, webhookId }: NewReplay
) =>
  sql`INSERT INTO webhook_replays (webhook_id, types, place, until_event, created_at)
    VALUES (${webhookId}, ${JSON.stringify(types)}, ${place}, ${untilEvent}, ${createdAt})`

/** Everything up to this event was delivered again; `undefined`: all of it. */
export const replayed = (sql: SqlClient.SqlClient, { replayId }: Replay, upTo: number | undefined) =>
  upTo === undefined
    ? sql`DELETE FROM webhook_replays WHERE replay_id = ${replayId}`
    : sql`UPDATE webhook_replays SET place = ${upTo} WHERE replay_id = ${replayId}`
