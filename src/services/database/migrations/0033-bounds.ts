// Who made this server keep something is in a column of its own: of each person only so much is kept. Receipts for messages that are
// not there wait among the changes.
import { statements } from './statements.ts'

const NO_MESSAGE = `NOT EXISTS (SELECT 1 FROM messages m WHERE m.thread_id = receipts.thread_id AND m.message_id = receipts.message_id)`

const waitingReceipts = (status: 'delivered' | 'read' | 'played'): string =>
  `INSERT INTO waiting_changes (account_id, thread_id, message_id, change, waiting_since, by_person)
    SELECT account_id, thread_id, message_id,
      json_object('to', 'receipt', 'recipient', recipient, 'status', '${status}', 'at', ${status}_at),
      CAST(unixepoch('subsec') * 1000 AS INTEGER), recipient
    FROM receipts WHERE ${status}_at IS NOT NULL AND ${NO_MESSAGE}`

export const bounds = statements(
  `ALTER TABLE waiting_changes ADD COLUMN by_person TEXT`,
  `UPDATE waiting_changes SET by_person = NULLIF(COALESCE(json_extract(change, '$.sender'), json_extract(change, '$.voter'),
    json_extract(change, '$.by')), 'me') WHERE json_extract(change, '$.to') <> 'attached'`,
  `DELETE FROM waiting_changes WHERE json_extract(change, '$.to') = 'status'
    AND json_extract(change, '$.status') IN ('delivered', 'read', 'played')`,
  waitingReceipts('delivered'),
  waitingReceipts('read'),
  waitingReceipts('played'),
  `DELETE FROM receipts WHERE ${NO_MESSAGE}`,
  `CREATE INDEX waiting_changes_by_person ON waiting_changes (account_id, by_person) WHERE by_person IS NOT NULL`,
  `ALTER TABLE sealed_add_ons ADD COLUMN by_person TEXT`,
  `UPDATE sealed_add_ons SET by_person = json_extract(add_on, '$.by.jid') WHERE json_type(add_on, '$.by') = 'object'`,
  `CREATE INDEX sealed_add_ons_by_person ON sealed_add_ons (account_id, by_person) WHERE by_person IS NOT NULL`,
  // Of entries that are kept because they cannot be read; empty when it does not say.
  `ALTER TABLE journal ADD COLUMN sender TEXT`,
  `UPDATE journal SET sender = '' WHERE kind = 'unreadable'`,
  `CREATE INDEX journal_set_aside ON journal (account_id, sender) WHERE sender IS NOT NULL`
)
