// What is known of a phone as the source of its account's history: in which unit it understands times, which chats it gives
// no older messages of, and what it says about chunks that it was asked to make again. And codes beside the reasons of the
// backfill, and how far a dry run has looked into gaps.
import { statements } from './statements.ts'

export const whatPhonesGive = statements(
  `CREATE TABLE history_phones (account_id TEXT PRIMARY KEY, time_unit TEXT NOT NULL)`,
  `ALTER TABLE backfill_requests ADD COLUMN time_unit TEXT NOT NULL DEFAULT 'milliseconds'`,
  `ALTER TABLE backfill_tasks ADD COLUMN code TEXT`,
  `ALTER TABLE backfill_tasks ADD COLUMN unanswered INTEGER NOT NULL DEFAULT 0`,
  `ALTER TABLE coverage ADD COLUMN refusal_code TEXT`,
  `ALTER TABLE coverage ADD COLUMN no_access_at INTEGER`,
  `ALTER TABLE history_chunks ADD COLUMN retry_id TEXT`,
  `ALTER TABLE history_chunks ADD COLUMN retries INTEGER NOT NULL DEFAULT 0`,
  `ALTER TABLE history_chunks ADD COLUMN retry_refusal TEXT`,
  `CREATE TABLE rehearsed_gaps (gap_id INTEGER PRIMARY KEY, account_id TEXT NOT NULL, to_at INTEGER, to_id TEXT,
    to_from_me INTEGER, filled INTEGER NOT NULL DEFAULT 0)`
)
