// Keys of programs, and the log of what was changed through the API. Times are milliseconds since 1970.
import { statements } from './statements.ts'

export const access = statements(
  // Of a key only hashes are stored. `accounts` and `events` are JSON: "all", or a list.
  `CREATE TABLE access_keys (key_id TEXT PRIMARY KEY, name TEXT NOT NULL, role TEXT NOT NULL, accounts TEXT NOT NULL,
    events TEXT NOT NULL, requests_per_minute INTEGER, created_at INTEGER NOT NULL, expires_at INTEGER, last_used_at INTEGER,
    rotated_at INTEGER, secret_hash TEXT NOT NULL, previous_hash TEXT, previous_until INTEGER) WITHOUT ROWID`,
  // Without a status: the server ended before it knew the outcome. `resources` is JSON: ids by their names in the path.
  `CREATE TABLE audit_log (audit_id INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, caller_kind TEXT NOT NULL,
    caller_id TEXT, caller_name TEXT, operation TEXT NOT NULL, account_id TEXT, resources TEXT NOT NULL, remote_address TEXT,
    status INTEGER)`,
  `CREATE INDEX audit_log_by_account ON audit_log (account_id, audit_id) WHERE account_id IS NOT NULL`,
  `CREATE INDEX audit_log_by_time ON audit_log (at)`
)
