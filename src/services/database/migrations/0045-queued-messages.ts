// What waits to be sent is found without a look at every message of its thread: exports write it last, and no rule removes it.
import { statements } from './statements.ts'

export const queuedMessages = statements(
  `CREATE INDEX messages_queued ON messages (thread_id, ts_client) WHERE status = 'queued'`
)
