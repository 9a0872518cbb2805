// Which copies of sessions were taken over from other servers or given away.
import { statements } from './statements.ts'

export const movingIn = statements(
  // A hash of the device's identity key, and one of the whole copy. Milliseconds since 1970.
  `CREATE TABLE session_moves (identity TEXT NOT NULL, digest TEXT NOT NULL, direction TEXT NOT NULL,
    next_pre_key_id INTEGER NOT NULL, moved_at INTEGER NOT NULL, PRIMARY KEY (identity, digest)) WITHOUT ROWID`
)
