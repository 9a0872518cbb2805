// Accounts, vault, journal, history queue, threads, messages, outbox, incidents.
import { statements } from './statements.ts'

export const foundation = statements(
  `CREATE TABLE accounts (
    account_id TEXT PRIMARY KEY, name TEXT NOT NULL, created_at INTEGER NOT NULL, wanted INTEGER NOT NULL,
    jid TEXT, lid TEXT, ended TEXT, last_disconnect TEXT)`,
  // Vault: everything in a value column is sealed with AES-256-GCM.
  `CREATE TABLE vault_check (only INTEGER PRIMARY KEY CHECK (only = 1), sealed BLOB NOT NULL)`,
  `CREATE TABLE vault_credentials (account_id TEXT PRIMARY KEY, sealed BLOB NOT NULL)`,
  `CREATE TABLE vault_keys (account_id TEXT NOT NULL, kind TEXT NOT NULL, id TEXT NOT NULL, sealed BLOB NOT NULL,
    PRIMARY KEY (account_id, kind, id)) WITHOUT ROWID`,
  // Receiving: the journal of what WhatsApp was told we have. Sealed columns are unreadable without the vault key.
  `CREATE TABLE journal (
    entry_id INTEGER PRIMARY KEY AUTOINCREMENT, account_id TEXT NOT NULL,
    kind TEXT NOT NULL, fingerprint TEXT, sealed BLOB NOT NULL, received_at INTEGER NOT NULL, ingested_at INTEGER)`,
  `CREATE UNIQUE INDEX journal_fingerprint ON journal (account_id, fingerprint) WHERE fingerprint IS NOT NULL`,
  `CREATE INDEX journal_waiting ON journal (account_id, entry_id) WHERE ingested_at IS NULL`,
  `CREATE INDEX journal_ingested ON journal (account_id, ingested_at) WHERE ingested_at IS NOT NULL`,
  `CREATE TABLE history_chunks (
    chunk_id INTEGER PRIMARY KEY AUTOINCREMENT, account_id TEXT NOT NULL, notification_id TEXT NOT NULL,
    sync_type INTEGER NOT NULL, chunk_order INTEGER NOT NULL, progress INTEGER, sealed BLOB NOT NULL,
    state TEXT NOT NULL, attempts INTEGER NOT NULL DEFAULT 0, next_attempt_at INTEGER NOT NULL,
    last_error TEXT, messages INTEGER, received_at INTEGER NOT NULL, done_at INTEGER,
    UNIQUE (account_id, notification_id))`,
  `CREATE INDEX history_chunks_due ON history_chunks (account_id, next_attempt_at) WHERE state = 'pending'`,
  // Identity: every address of a person points at the address that person was first seen under.
  `CREATE TABLE addresses (account_id TEXT NOT NULL, jid TEXT NOT NULL, person TEXT NOT NULL,
    PRIMARY KEY (account_id, jid)) WITHOUT ROWID`,
  `CREATE INDEX addresses_person ON addresses (account_id, person)`,
  // The store: what applications read.
  `CREATE TABLE contacts (account_id TEXT NOT NULL, contact_jid TEXT NOT NULL, name TEXT, push_name TEXT,
    PRIMARY KEY (account_id, contact_jid)) WITHOUT ROWID`,
  `CREATE TABLE threads (
    thread_id TEXT PRIMARY KEY, account_id TEXT NOT NULL, client_jid TEXT NOT NULL, kind TEXT NOT NULL,
    display_name TEXT, last_message_at INTEGER, last_message_id TEXT, last_message_text TEXT,
    last_message_direction TEXT, unread_count INTEGER NOT NULL DEFAULT 0, archived INTEGER NOT NULL DEFAULT 0,
    created_at INTEGER NOT NULL)`,
  `CREATE INDEX threads_recent ON threads (account_id, COALESCE(last_message_at, 0) DESC, thread_id DESC)`,
  `CREATE TABLE messages (
    thread_id TEXT NOT NULL, message_id TEXT NOT NULL, account_id TEXT NOT NULL, whatsapp_id TEXT NOT NULL,
    direction TEXT NOT NULL, sender TEXT, sender_name TEXT, type TEXT NOT NULL, body TEXT, media TEXT,
    quoted_whatsapp_id TEXT, reactions TEXT, edits TEXT, status TEXT NOT NULL, status_reason TEXT,
    ts_client INTEGER NOT NULL, ts_claimed INTEGER, ts_server INTEGER NOT NULL, raw BLOB)`,
  `CREATE UNIQUE INDEX messages_identity ON messages (thread_id, message_id)`,
  `CREATE INDEX messages_by_time ON messages (thread_id, ts_client)`,
  `CREATE INDEX messages_of_account ON messages (account_id)`,
  // What arrived before the message it is about (receipts, reactions, edits, revokes) waits here for it.
  `CREATE TABLE receipts (
    account_id TEXT NOT NULL, thread_id TEXT NOT NULL, message_id TEXT NOT NULL, recipient TEXT NOT NULL,
    delivered_at INTEGER, read_at INTEGER, played_at INTEGER,
    PRIMARY KEY (thread_id, message_id, recipient)) WITHOUT ROWID`,
  `CREATE TABLE waiting_changes (
    change_id INTEGER PRIMARY KEY AUTOINCREMENT, account_id TEXT NOT NULL, thread_id TEXT NOT NULL,
    message_id TEXT NOT NULL, change TEXT NOT NULL)`,
  `CREATE INDEX waiting_changes_target ON waiting_changes (thread_id, message_id)`,
  `CREATE TABLE outbox (
    entry_id INTEGER PRIMARY KEY AUTOINCREMENT, account_id TEXT NOT NULL, thread_id TEXT NOT NULL,
    message_id TEXT NOT NULL, whatsapp_id TEXT NOT NULL, to_jid TEXT NOT NULL, content TEXT NOT NULL,
    status TEXT NOT NULL, attempts INTEGER NOT NULL DEFAULT 0, next_attempt_at INTEGER NOT NULL,
    last_error TEXT, idempotency_key TEXT, created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL)`,
  `CREATE INDEX outbox_due ON outbox (account_id, entry_id) WHERE status IN ('queued', 'sending')`,
  `CREATE INDEX outbox_idempotency ON outbox (account_id, idempotency_key) WHERE idempotency_key IS NOT NULL`,
  `CREATE INDEX outbox_whatsapp_id ON outbox (account_id, whatsapp_id)`,
  `CREATE TABLE incidents (
    incident_id TEXT PRIMARY KEY, account_id TEXT, kind TEXT NOT NULL, severity TEXT NOT NULL, subject TEXT NOT NULL,
    happened TEXT NOT NULL, did TEXT NOT NULL, advice TEXT NOT NULL, first_seen_at INTEGER NOT NULL,
    last_seen_at INTEGER NOT NULL, count INTEGER NOT NULL)`,
  `CREATE UNIQUE INDEX incidents_identity ON incidents (COALESCE(account_id, ''), kind, subject)`
)
