// The name under which this server claims documents. It is made once and kept with its data.
import { randomUUID } from 'node:crypto'
import { Effect } from 'effect'
import { SqlClient } from 'effect/sql'
import { asDatabaseError } from '../../database/error.ts'

const SERVER_ID = 'server id'

export const readServerId = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const [known] = yield* sql<{ value: string }>`INSERT INTO firestore_notes (name, value)
    VALUES (${SERVER_ID}, ${randomUUID()}) ON CONFLICT (name) DO UPDATE SET value = value RETURNING value`
  return known?.value ?? ''
}).pipe(asDatabaseError('naming this server'))
