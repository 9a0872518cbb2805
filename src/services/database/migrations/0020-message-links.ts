// What messages refer to: a quoted message in another thread with its beginning, and the message that another one belongs
// to (an album, a picture in better quality). And files that come beside the one that is shown.
import { statements } from './statements.ts'

const FETCH_COLUMNS =
  'account_id, thread_id, message_id, whatsapp_id, stage, wanted, attempts, asks, asked_at, next_attempt_at'

export const messageLinks = statements(
  `ALTER TABLE messages ADD COLUMN quoted_thread_id TEXT`,
  `ALTER TABLE messages ADD COLUMN quoted_excerpt TEXT`,
  `ALTER TABLE messages ADD COLUMN parent_message_id TEXT`,
  `CREATE INDEX messages_quotes ON messages (quoted_message_id, thread_id) WHERE quoted_message_id IS NOT NULL`,
  `CREATE INDEX messages_quoted_elsewhere ON messages (quoted_thread_id) WHERE quoted_thread_id IS NOT NULL`,
  `CREATE INDEX messages_parents ON messages (parent_message_id, thread_id) WHERE parent_message_id IS NOT NULL`,
  // Files beside the one that is shown: of a picture in better quality the first one, of a motion photo the film.
  `CREATE INDEX messages_variants ON messages (account_id) WHERE media IS NOT NULL AND media ->> '$.variants' IS NOT NULL`,
  `CREATE TRIGGER media_variants_of_removed AFTER DELETE ON messages
    WHEN OLD.media IS NOT NULL AND OLD.media ->> '$.variants' IS NOT NULL BEGIN
    INSERT OR IGNORE INTO media_orphans
      SELECT value ->> '$.download.fileSha256' FROM json_each(OLD.media, '$.variants')
      WHERE value ->> '$.fetched.state' = 'stored' AND value ->> '$.download.fileSha256' IS NOT NULL; END`,
  `ALTER TABLE media_fetches RENAME TO media_fetches_before`,
  `CREATE TABLE media_fetches (
    account_id TEXT NOT NULL, thread_id TEXT NOT NULL, message_id TEXT NOT NULL, whatsapp_id TEXT NOT NULL,
    stage TEXT NOT NULL, wanted INTEGER NOT NULL, attempts INTEGER NOT NULL, asks INTEGER NOT NULL,
    asked_at INTEGER, next_attempt_at INTEGER NOT NULL,
    variant TEXT NOT NULL DEFAULT '', PRIMARY KEY (thread_id, message_id, variant)) WITHOUT ROWID`,
  `INSERT INTO media_fetches (${FETCH_COLUMNS}) SELECT ${FETCH_COLUMNS} FROM media_fetches_before`,
  `DROP TABLE media_fetches_before`,
  `CREATE INDEX media_fetches_due ON media_fetches (account_id, stage, wanted DESC, next_attempt_at)`,
  `CREATE INDEX media_fetches_answer ON media_fetches (account_id, whatsapp_id)`
)
