// What is kept for how long: before which time no message is kept, since when each thread is kept, and what was removed when.
import { statements } from './statements.ts'

export const retention = statements(
  // One row while there is a rule; milliseconds since 1970. History from before it is not stored.
  `CREATE TABLE message_floor (only INTEGER PRIMARY KEY CHECK (only = 1), at INTEGER NOT NULL)`,
  // Messages of the thread from before that time were removed, or not stored, by this server's own rule.
  `ALTER TABLE coverage ADD COLUMN kept_since INTEGER`,
  `CREATE TABLE retention_runs (rule TEXT PRIMARY KEY, started_at INTEGER NOT NULL, ended_at INTEGER, removed INTEGER NOT NULL,
    removed_in_all INTEGER NOT NULL) WITHOUT ROWID`
)
