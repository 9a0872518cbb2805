// Richer messages, derived unread counts, events for subscribers, and everything an outbox entry may wait for.
import { statements } from './statements.ts'

export const nothingLost = statements(
  `ALTER TABLE messages ADD COLUMN quoted_message_id TEXT`,
  // What only some messages have (location, contacts, poll and votes, call, event, mentions), as one JSON object.
  `ALTER TABLE messages ADD COLUMN details TEXT`,
  `UPDATE messages SET media = json_set(media, '$.download', json('null')) WHERE media IS NOT NULL`,
  `CREATE INDEX messages_reacted ON messages (account_id) WHERE reactions IS NOT NULL`,
  // Everything up to the mark is read, but for mark_base messages; what lies behind it is counted.
  `ALTER TABLE threads ADD COLUMN mark_at INTEGER NOT NULL DEFAULT 0`,
  `ALTER TABLE threads ADD COLUMN mark_row INTEGER NOT NULL DEFAULT 0`,
  `ALTER TABLE threads ADD COLUMN mark_base INTEGER NOT NULL DEFAULT 0`,
  `ALTER TABLE threads ADD COLUMN ephemeral_seconds INTEGER NOT NULL DEFAULT 0`,
  `UPDATE threads SET mark_at = COALESCE(last_message_at, 0), mark_row = 9007199254740991, mark_base = unread_count`,
  `ALTER TABLE waiting_changes ADD COLUMN waiting_since INTEGER NOT NULL DEFAULT 0`,
  `CREATE TABLE waiting_reads (account_id TEXT NOT NULL, thread_id TEXT NOT NULL, whatsapp_id TEXT NOT NULL,
    waiting_since INTEGER NOT NULL, PRIMARY KEY (thread_id, whatsapp_id)) WITHOUT ROWID`,
  // Who may delete other people's messages in a group, as far as WhatsApp has told (admins_known).
  `ALTER TABLE threads ADD COLUMN admins_known INTEGER NOT NULL DEFAULT 0`,
  `CREATE TABLE group_admins (account_id TEXT NOT NULL, thread_id TEXT NOT NULL, person TEXT NOT NULL,
    PRIMARY KEY (thread_id, person)) WITHOUT ROWID`,
  `CREATE TABLE events (event_id INTEGER PRIMARY KEY AUTOINCREMENT, account_id TEXT NOT NULL, kind TEXT NOT NULL,
    thread_id TEXT NOT NULL, message_id TEXT, at INTEGER NOT NULL)`,
  `CREATE INDEX events_of_account ON events (account_id, event_id)`,
  `ALTER TABLE accounts ADD COLUMN messages INTEGER NOT NULL DEFAULT 0`,
  `UPDATE accounts SET messages = (SELECT COUNT(*) FROM messages m WHERE m.account_id = accounts.account_id)`,
  `ALTER TABLE accounts ADD COLUMN restriction TEXT`,
  `DROP INDEX outbox_due`,
  `ALTER TABLE outbox ADD COLUMN request_hash TEXT NOT NULL DEFAULT ''`,
  `ALTER TABLE outbox ADD COLUMN send_at INTEGER NOT NULL DEFAULT 0`,
  `ALTER TABLE outbox ADD COLUMN expires_at INTEGER`,
  // The protobuf that goes out, once it is final: media are uploaded first. Every attempt sends these bytes.
  `ALTER TABLE outbox ADD COLUMN prepared BLOB`,
  `UPDATE outbox SET prepared = (SELECT raw FROM messages m WHERE m.thread_id = outbox.thread_id
    AND m.message_id = outbox.message_id)`,
  `UPDATE outbox SET content = json_object('kind', 'text', 'text', json_extract(content, '$.text'))`,
  `CREATE INDEX outbox_waiting ON outbox (account_id, next_attempt_at, entry_id) WHERE status IN ('queued', 'sending')`,
  `CREATE INDEX outbox_waiting_thread ON outbox (thread_id, entry_id) WHERE status IN ('queued', 'sending')`,
  `CREATE INDEX outbox_expiry ON outbox (expires_at) WHERE expires_at IS NOT NULL AND status = 'queued'`
)
