// The database's numbered upgrades. Append; never edit one that has been released.
import { Effect, Layer } from 'effect'
import { Migrator, SqlClient, type SqlError } from 'effect/sql'

const statements = (...texts: ReadonlyArray<string>) =>
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    for (const text of texts) yield* sql.unsafe(text)
  })

const foundation = statements(
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

/** Richer messages, derived unread counts, events for subscribers, and everything an outbox entry may wait for. */
const nothingLost = statements(
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

/** Every upgrade by its number and name. */
export const MIGRATIONS = { '0001_foundation': foundation, '0002_nothing_lost': nothingLost }

/** Runs the upgrades that a database does not have yet, in order, each in a transaction of its own. */
export const upgrade = (migrations: Partial<typeof MIGRATIONS>) =>
  Migrator.make({})({ table: 'migrations', loader: Migrator.fromRecord(migrations) })

/** Brings the database up to date. */
export const layer: Layer.Layer<never, Migrator.MigrationError | SqlError.SqlError, SqlClient.SqlClient> =
  Layer.effectDiscard(upgrade(MIGRATIONS))
