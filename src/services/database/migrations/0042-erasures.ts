// Who was erased, so that no history brings them back, and the work and report of each erasure. Times are milliseconds since 1970.
import { statements } from './statements.ts'

export const erasures = statements(
  // Addresses are kept as hashes with a key. `returned_at`: when the person was next heard of.
  `CREATE TABLE erased_people (account_id TEXT NOT NULL, address_hash TEXT NOT NULL, erased_at INTEGER NOT NULL,
    returned_at INTEGER, PRIMARY KEY (account_id, address_hash)) WITHOUT ROWID`,
  // `sealed`: whom it is about, until it is done. `scanned` and `up_to`: rows of messages.
  `CREATE TABLE erasures (erasure_id TEXT PRIMARY KEY, account_id TEXT NOT NULL, person_hash TEXT NOT NULL, sealed BLOB,
    status TEXT NOT NULL, scanned INTEGER NOT NULL, up_to INTEGER NOT NULL, report TEXT NOT NULL, requested_at INTEGER NOT NULL,
    ended_at INTEGER) WITHOUT ROWID`
)
