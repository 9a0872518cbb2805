// Received media: which files are to be fetched, which are here, and which nobody refers to any more. What became of a
// download is in the message's own `media`, so that storing a message writes nothing more than before.
import { statements } from './statements.ts'

const STATE = `media ->> '$.fetched.state'`

// Most messages have no media: asking for that first spares them the JSON.
export const media = statements(
  // The queue: files that nothing was tried for yet have no state. Also counts the files of an account by state.
  `CREATE INDEX messages_media ON messages (account_id, ${STATE}, ts_client)
    WHERE media IS NOT NULL AND media ->> '$.download.directPath' IS NOT NULL`,
  // Who has a file, by the base64 of its SHA-256.
  `CREATE INDEX messages_files ON messages (media ->> '$.download.fileSha256')
    WHERE media IS NOT NULL AND ${STATE} = 'stored'`,
  // Files that have to be tried again, or that the phone has to upload again.
  `CREATE TABLE media_fetches (
    account_id TEXT NOT NULL, thread_id TEXT NOT NULL, message_id TEXT NOT NULL, whatsapp_id TEXT NOT NULL,
    stage TEXT NOT NULL, wanted INTEGER NOT NULL, attempts INTEGER NOT NULL, asks INTEGER NOT NULL,
    asked_at INTEGER, next_attempt_at INTEGER NOT NULL, PRIMARY KEY (thread_id, message_id)) WITHOUT ROWID`,
  `CREATE INDEX media_fetches_due ON media_fetches (account_id, stage, wanted DESC, next_attempt_at)`,
  `CREATE INDEX media_fetches_answer ON media_fetches (account_id, whatsapp_id)`,
  // Files that lost a message which had them; removed unless another one has them too. (A trigger on UPDATE would cost
  // every message that is stored: a deleted message's file is noted where deletions are applied.)
  `CREATE TABLE media_orphans (file TEXT PRIMARY KEY) WITHOUT ROWID`,
  `CREATE TRIGGER media_of_removed AFTER DELETE ON messages
    WHEN OLD.media IS NOT NULL AND OLD.${STATE} = 'stored' BEGIN
    INSERT OR IGNORE INTO media_orphans
      SELECT OLD.media ->> '$.download.fileSha256' WHERE OLD.media ->> '$.download.fileSha256' IS NOT NULL; END`
)
