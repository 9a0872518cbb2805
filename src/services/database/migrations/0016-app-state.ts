// App state: what the devices of an account share about chats, messages, contacts and labels, and how far each of WhatsApp's
// collections has been read.
import { statements } from './statements.ts'

export const appState = statements(
  // The last word about each setting of a chat, also of a chat that has no thread yet. `at` is WhatsApp's time of the change.
  `CREATE TABLE chat_settings (account_id TEXT NOT NULL, thread_id TEXT NOT NULL, setting TEXT NOT NULL, value INTEGER,
    at INTEGER NOT NULL, PRIMARY KEY (thread_id, setting)) WITHOUT ROWID`,
  `CREATE INDEX chat_settings_of_account ON chat_settings (account_id)`,
  `CREATE TABLE labels (account_id TEXT NOT NULL, label_id TEXT NOT NULL, name TEXT NOT NULL, color INTEGER,
    predefined_id INTEGER, deleted INTEGER NOT NULL DEFAULT 0, at INTEGER NOT NULL, PRIMARY KEY (account_id, label_id)) WITHOUT ROWID`,
  // Labels of chats (`whatsapp_id` is empty) and of messages, which may not be stored yet.
  `CREATE TABLE label_associations (account_id TEXT NOT NULL, thread_id TEXT NOT NULL, whatsapp_id TEXT NOT NULL,
    label_id TEXT NOT NULL, labeled INTEGER NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (thread_id, whatsapp_id, label_id)) WITHOUT ROWID`,
  `CREATE INDEX label_associations_of_label ON label_associations (account_id, label_id)`,
  `ALTER TABLE threads ADD COLUMN marked_unread INTEGER NOT NULL DEFAULT 0`,
  `ALTER TABLE threads ADD COLUMN cleared_at INTEGER`,
  `ALTER TABLE threads ADD COLUMN deleted_at INTEGER`,
  // The time of the newest message that was in the chat when it was deleted.
  `ALTER TABLE threads ADD COLUMN deleted_up_to INTEGER`,
  `ALTER TABLE threads ADD COLUMN labels TEXT`,
  `ALTER TABLE messages ADD COLUMN starred INTEGER NOT NULL DEFAULT 0`,
  `ALTER TABLE messages ADD COLUMN starred_at INTEGER`,
  `ALTER TABLE messages ADD COLUMN deleted_for_me_at INTEGER`,
  `ALTER TABLE messages ADD COLUMN labels TEXT`,
  `ALTER TABLE contacts ADD COLUMN name_at INTEGER`,
  `ALTER TABLE accounts ADD COLUMN unarchive_chats INTEGER NOT NULL DEFAULT 0`,
  // `trouble` says why a collection cannot be read on, `missing_key` the key it waits for (base64).
  `CREATE TABLE app_state_collections (account_id TEXT NOT NULL, name TEXT NOT NULL, version INTEGER NOT NULL DEFAULT 0,
    hash BLOB NOT NULL, trouble TEXT, missing_key TEXT, asked_at INTEGER, PRIMARY KEY (account_id, name)) WITHOUT ROWID`,
  // `record_index` is the JSON by which WhatsApp names a record; NULL for one that could not be read.
  `CREATE TABLE app_state_records (account_id TEXT NOT NULL, collection TEXT NOT NULL, index_mac TEXT NOT NULL, value_mac BLOB NOT NULL,
    record_index TEXT, PRIMARY KEY (account_id, collection, index_mac)) WITHOUT ROWID`,
  // What Baileys kept of collections was read without their keys: they are read again.
  `DELETE FROM vault_keys WHERE kind = 'app-state-sync-version'`
)
