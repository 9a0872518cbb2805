// Webhooks may be limited to threads, get events in batches and in the forms of other servers, and belong to the key that made them.
import { statements } from './statements.ts'

export const webhookFilters = statements(
  // `format_events` and `batch` are JSON. `batch_upto`: the last event of the batch that is being delivered.
  `ALTER TABLE webhooks ADD COLUMN format TEXT NOT NULL DEFAULT 'backscroll'`,
  `ALTER TABLE webhooks ADD COLUMN format_events TEXT NOT NULL DEFAULT '[]'`,
  `ALTER TABLE webhooks ADD COLUMN batch TEXT`,
  `ALTER TABLE webhooks ADD COLUMN batch_upto INTEGER`,
  `ALTER TABLE webhooks ADD COLUMN key_id TEXT`,
  `CREATE TABLE webhook_threads (webhook_id TEXT NOT NULL, account_id TEXT NOT NULL, thread_id TEXT NOT NULL,
    PRIMARY KEY (webhook_id, thread_id)) WITHOUT ROWID`,
  // The last event of the batch that was refused, with which the lane is tried again.
  `ALTER TABLE webhook_lanes ADD COLUMN batch_upto INTEGER`,
  `ALTER TABLE webhook_deliveries ADD COLUMN events INTEGER NOT NULL DEFAULT 1`,
  // Events that were not delivered for as long as they were kept, and of which the endpoint is to be told.
  `CREATE TABLE webhook_missed (webhook_id TEXT PRIMARY KEY, after_event INTEGER NOT NULL, upto_event INTEGER NOT NULL,
    events INTEGER NOT NULL, since INTEGER NOT NULL, until INTEGER NOT NULL, attempts INTEGER NOT NULL,
    next_at INTEGER NOT NULL) WITHOUT ROWID`
)
