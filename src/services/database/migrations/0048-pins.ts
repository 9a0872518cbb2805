// Which messages of a thread are pinned follows from its last pins: they are found without a look at every message. Of events of a
// chat only pins and keeps refer to a message.
import { statements } from './statements.ts'

export const pins = statements(
  `CREATE INDEX messages_pins ON messages (thread_id, ts_client)
    WHERE type = 'system' AND quoted_message_id IS NOT NULL`
)
