// An account keeps until when WhatsApp has suspended it, and its last disconnect says where it came from: unknown for those
// that are stored already.
import { statements } from './statements.ts'

export const suspensions = statements(
  'ALTER TABLE accounts ADD COLUMN suspension TEXT',
  `UPDATE accounts SET last_disconnect = json_set(last_disconnect, '$.source', NULL, '$.condition', NULL)
    WHERE last_disconnect IS NOT NULL`
)
