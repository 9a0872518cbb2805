// Events name the fields that have changed, and are delivered to URLs. An endpoint has a place in the log of events; what it did not take
// is in a lane of its own, by conversation, so that the others go on.
import { statements } from './statements.ts'

export const webhooks = statements(
  `ALTER TABLE events ADD COLUMN changed TEXT NOT NULL DEFAULT '[]'`,
  `CREATE INDEX events_of_thread ON events (thread_id, event_id)`,
  `CREATE TABLE webhooks (webhook_id TEXT PRIMARY KEY, account_id TEXT, name TEXT NOT NULL, types TEXT NOT NULL,
    sealed BLOB NOT NULL, state TEXT NOT NULL, reason TEXT, place INTEGER NOT NULL, previous_secret_until INTEGER,
    created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL) WITHOUT ROWID`,
  `CREATE TABLE webhook_lanes (webhook_id TEXT NOT NULL, account_id TEXT NOT NULL, thread_id TEXT NOT NULL,
    event_id INTEGER NOT NULL, attempts INTEGER NOT NULL, next_at INTEGER NOT NULL,
    PRIMARY KEY (webhook_id, thread_id)) WITHOUT ROWID`,
  `CREATE TABLE webhook_deliveries (delivery_id INTEGER PRIMARY KEY AUTOINCREMENT, webhook_id TEXT NOT NULL, account_id TEXT,
    event_id INTEGER NOT NULL, type TEXT NOT NULL, attempt INTEGER NOT NULL, outcome TEXT NOT NULL, status INTEGER, reason TEXT,
    milliseconds INTEGER NOT NULL, at INTEGER NOT NULL)`,
  `CREATE INDEX webhook_deliveries_of ON webhook_deliveries (webhook_id, delivery_id)`,
  `CREATE TABLE webhook_dead_letters (dead_letter_id INTEGER PRIMARY KEY AUTOINCREMENT, webhook_id TEXT NOT NULL, account_id TEXT,
    event_id INTEGER NOT NULL, type TEXT NOT NULL, attempts INTEGER NOT NULL, status INTEGER, reason TEXT, at INTEGER NOT NULL,
    UNIQUE (webhook_id, event_id))`,
  `CREATE TABLE webhook_replays (replay_id INTEGER PRIMARY KEY AUTOINCREMENT, webhook_id TEXT NOT NULL, types TEXT NOT NULL,
    place INTEGER NOT NULL, until_event INTEGER NOT NULL, created_at INTEGER NOT NULL)`
)
