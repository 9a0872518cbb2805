// The client version that worked last, when the cause of an incident was over, and the proxies of accounts.
import { statements } from './statements.ts'

export const network = statements(
  'ALTER TABLE incidents ADD COLUMN resolved_at INTEGER',
  `CREATE TABLE client_version (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    version TEXT NOT NULL,
    worked_at INTEGER NOT NULL
  )`,
  `CREATE TABLE vault_proxies (
    account_id TEXT PRIMARY KEY,
    sealed BLOB NOT NULL
  )`
)
