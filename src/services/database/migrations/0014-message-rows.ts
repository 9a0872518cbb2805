// The number of a message's row gets a name of its own: cursors, read marks and the search index refer to it, and `rowid`
// is a word of SQLite only. Renaming the column changes the schema and no row.
import { statements } from './statements.ts'

export const messageRows = statements('ALTER TABLE messages RENAME COLUMN rowid TO message_row')
