// Events are about everything that happens, not only about threads; and the log knows up to where it was pruned.
import { statements } from './statements.ts'

export const catalogue = statements(
  `CREATE TABLE all_events (event_id INTEGER PRIMARY KEY AUTOINCREMENT, account_id TEXT, kind TEXT NOT NULL, thread_id TEXT,
    message_id TEXT, subject_id TEXT, changed TEXT NOT NULL, facts TEXT, at INTEGER NOT NULL)`,
  // Numbers go on, also when every event was pruned.
  `INSERT INTO sqlite_sequence (name, seq) SELECT 'all_events', seq FROM sqlite_sequence WHERE name = 'events'`,
  `INSERT INTO all_events (event_id, account_id, kind, thread_id, message_id, changed, at)
    SELECT event_id, account_id, kind, thread_id, message_id, changed, at FROM events`,
  `CREATE TABLE events_pruned (one INTEGER PRIMARY KEY CHECK (one = 1), up_to INTEGER NOT NULL)`,
  `INSERT INTO events_pruned (one, up_to) VALUES (1, COALESCE((SELECT MIN(event_id) - 1 FROM events),
    (SELECT seq FROM sqlite_sequence WHERE name = 'events'), 0))`,
  `DROP TABLE events`,
  `ALTER TABLE all_events RENAME TO events`,
  `CREATE INDEX events_of_account ON events (account_id, event_id)`,
  `CREATE INDEX events_of_thread ON events (thread_id, event_id) WHERE thread_id IS NOT NULL`
)
