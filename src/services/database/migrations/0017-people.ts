// A phone number has owners one after the other: since when it is whose, and whose thread was stored under it before.
import { statements } from './statements.ts'

export const people = statements(
  // Milliseconds since 1970; 0 when it is not known.
  'ALTER TABLE addresses ADD COLUMN since INTEGER NOT NULL DEFAULT 0',
  // The person whose thread has this address in its id, after the number went to somebody else.
  'ALTER TABLE addresses ADD COLUMN thread_person TEXT',
  `CREATE INDEX addresses_thread_person ON addresses (account_id, thread_person) WHERE thread_person IS NOT NULL`,
  'ALTER TABLE history_chunks ADD COLUMN announced_at INTEGER'
)
