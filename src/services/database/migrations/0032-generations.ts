// Marks the file as ours in its header, and says which state of which database it is: an older copy is recognised by that.
import { statements } from './statements.ts'

export const generations = statements(
  // "BkSc"
  `PRAGMA application_id = 1114329955`,
  // One row. Milliseconds since 1970.
  `CREATE TABLE generation (only INTEGER PRIMARY KEY CHECK (only = 1), database_id TEXT NOT NULL,
    generation INTEGER NOT NULL, raised_at INTEGER NOT NULL)`
)
