// What is held of each thread and what is missing, the jobs that get it, messages asked for again, the dry run's report.
import { statements } from './statements.ts'

export const coverage = statements(
  // When the present link began, and when the account was last known to be online.
  `ALTER TABLE accounts ADD COLUMN linked_at INTEGER`,
  `ALTER TABLE accounts ADD COLUMN online_at INTEGER`,
  `ALTER TABLE threads ADD COLUMN pinned_at INTEGER`,
  `ALTER TABLE threads ADD COLUMN muted_until INTEGER`,
  `CREATE TABLE past_participants (account_id TEXT NOT NULL, thread_id TEXT NOT NULL, person TEXT NOT NULL,
    reason TEXT NOT NULL, left_at INTEGER, PRIMARY KEY (thread_id, person)) WITHOUT ROWID`,
  // The floor is the oldest message the phone has sent, also when it is one that is not stored.
  `CREATE TABLE coverage (thread_id TEXT PRIMARY KEY, account_id TEXT NOT NULL, beginning TEXT NOT NULL DEFAULT 'unknown',
    live_from INTEGER, live_id TEXT, live_from_me INTEGER, 
    joined INTEGER NOT NULL DEFAULT 0, floor_at INTEGER, floor_id TEXT, floor_from_me INTEGER,
    sought INTEGER NOT NULL DEFAULT 0, refusal TEXT, refused_at INTEGER) WITHOUT ROWID`,
  `CREATE INDEX coverage_of_account ON coverage (account_id)`,
  `CREATE TABLE gaps (gap_id INTEGER PRIMARY KEY AUTOINCREMENT, account_id TEXT NOT NULL, thread_id TEXT NOT NULL,
    reason TEXT NOT NULL, cause TEXT NOT NULL, from_at INTEGER, from_id TEXT, to_at INTEGER, to_id TEXT, to_from_me INTEGER,
    opened_at INTEGER NOT NULL, closed_at INTEGER)`,
  `CREATE UNIQUE INDEX gaps_cause ON gaps (thread_id, reason, cause)`,
  `CREATE INDEX gaps_open ON gaps (account_id, thread_id) WHERE closed_at IS NULL`,
  // Which stretch of which thread each chunk brought: between two chunks' stretches lies what a lost one had.
  `CREATE TABLE history_stretches (chunk_id INTEGER NOT NULL, account_id TEXT NOT NULL, thread_id TEXT NOT NULL,
    oldest_at INTEGER NOT NULL, oldest_id TEXT NOT NULL, oldest_from_me INTEGER NOT NULL,
    newest_at INTEGER NOT NULL, newest_id TEXT NOT NULL, PRIMARY KEY (chunk_id, thread_id)) WITHOUT ROWID`,
  `CREATE INDEX history_stretches_of_thread ON history_stretches (account_id, thread_id)`,
  `CREATE TABLE backfill_jobs (job_id TEXT PRIMARY KEY, account_id TEXT NOT NULL, origin TEXT NOT NULL, status TEXT NOT NULL,
    thread_id TEXT, threads INTEGER NOT NULL, count INTEGER NOT NULL, until_at INTEGER, planned INTEGER NOT NULL DEFAULT 0,
    created_at INTEGER NOT NULL, ended_at INTEGER)`,
  `CREATE INDEX backfill_jobs_of_account ON backfill_jobs (account_id, created_at)`,
  `CREATE TABLE backfill_tasks (task_id INTEGER PRIMARY KEY AUTOINCREMENT, job_id TEXT NOT NULL, account_id TEXT NOT NULL,
    thread_id TEXT NOT NULL, gap_id INTEGER, status TEXT NOT NULL, remaining INTEGER, until_at INTEGER,
    messages INTEGER NOT NULL DEFAULT 0, pages INTEGER NOT NULL DEFAULT 0, attempts INTEGER NOT NULL DEFAULT 0,
    silences INTEGER NOT NULL DEFAULT 0, reason TEXT)`,
  `CREATE INDEX backfill_tasks_of_job ON backfill_tasks (job_id)`,
  `CREATE INDEX backfill_tasks_open ON backfill_tasks (account_id, task_id) WHERE status IN ('waiting', 'asked')`,
  `CREATE TABLE backfill_requests (request_id TEXT PRIMARY KEY, account_id TEXT NOT NULL, task_id INTEGER NOT NULL,
    thread_id TEXT NOT NULL, chat_jid TEXT NOT NULL, anchor_id TEXT NOT NULL, anchor_at INTEGER NOT NULL,
    asked_at INTEGER NOT NULL, answered_at INTEGER, status TEXT NOT NULL) WITHOUT ROWID`,
  `CREATE INDEX backfill_requests_asked ON backfill_requests (account_id) WHERE status IN ('asking', 'asked')`,
  `CREATE INDEX backfill_requests_of_task ON backfill_requests (task_id)`,
  // Messages that arrived without their content, which the phone is asked for.
  `CREATE TABLE placeholders (account_id TEXT NOT NULL, thread_id TEXT NOT NULL, message_id TEXT NOT NULL,
    asked INTEGER NOT NULL DEFAULT 0, next_at INTEGER NOT NULL, PRIMARY KEY (thread_id, message_id)) WITHOUT ROWID`,
  `CREATE INDEX placeholders_due ON placeholders (account_id, next_at)`,
  `INSERT INTO placeholders (account_id, thread_id, message_id, next_at)
    SELECT account_id, thread_id, message_id, 0 FROM messages WHERE type = 'undecryptable'`,
  `CREATE TABLE rehearsals (account_id TEXT NOT NULL, thread_id TEXT NOT NULL, name TEXT, messages INTEGER NOT NULL DEFAULT 0,
    held INTEGER NOT NULL DEFAULT 0, oldest_at INTEGER, newest_at INTEGER, beginning TEXT NOT NULL DEFAULT 'unknown', floor_at INTEGER, floor_id TEXT,
    floor_from_me INTEGER, PRIMARY KEY (account_id, thread_id)) WITHOUT ROWID`,
  `CREATE TABLE rehearsed_messages (account_id TEXT NOT NULL, thread_id TEXT NOT NULL, message_id TEXT NOT NULL,
    PRIMARY KEY (account_id, thread_id, message_id)) WITHOUT ROWID`
)
