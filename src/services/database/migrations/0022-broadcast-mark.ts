// That a message was sent to a broadcast list is said by its stanza, not by its content: it has a column of its own, which
// stays when the content comes by another road.
import { statements } from './statements.ts'

export const broadcastMark = statements(
  'ALTER TABLE messages ADD COLUMN broadcast INTEGER NOT NULL DEFAULT 0',
  `UPDATE messages SET broadcast = 1, details = NULLIF(json_remove(details, '$.broadcast'), '{}')
    WHERE details IS NOT NULL AND details ->> '$.broadcast' IS NOT NULL`
)
