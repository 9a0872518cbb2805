// Encrypted add-ons wait in a table of their own for the message that has their secret. Votes that waited among the changes
// move there.
import { statements } from './statements.ts'

const VOTER = `CASE json_extract(change, '$.voter') WHEN 'me' THEN '"me"'
  ELSE json_object('jid', json_extract(change, '$.voter')) END`
const CHAT = `substr(thread_id, length(account_id) + 3)`
/** The id of a message ends with "me", with "them" in direct chats, and with a hash of the writer's address in groups. */
const AUTHOR = `CASE WHEN substr(message_id, -3) = '_me' THEN '"me"'
  WHEN substr(message_id, -5) = '_them' THEN json_object('jid', ${CHAT})
  ELSE json_object('jid', json_extract(change, '$.vote.authors[0]')) END`

const IS_VOTE = `json_extract(change, '$.to') = 'voted'`

export const sealedAddOns = statements(
  `CREATE TABLE sealed_add_ons (
    sealed_row INTEGER PRIMARY KEY AUTOINCREMENT, account_id TEXT NOT NULL, thread_id TEXT NOT NULL, message_id TEXT NOT NULL, add_on_id TEXT NOT NULL,
    add_on TEXT NOT NULL, waiting_since INTEGER NOT NULL,
    -- Whether something has changed since it was last tried: its target was stored, or has another secret.
    is_due INTEGER NOT NULL,
    -- Whether it was counted among those that cannot be opened.
    is_counted INTEGER NOT NULL DEFAULT 0)`,
  `CREATE UNIQUE INDEX sealed_add_ons_target ON sealed_add_ons (thread_id, message_id, add_on_id)`,
  `CREATE INDEX sealed_add_ons_due ON sealed_add_ons (account_id) WHERE is_due = 1`,
  `INSERT INTO sealed_add_ons (account_id, thread_id, message_id, add_on_id, add_on, waiting_since, is_due)
    SELECT account_id, thread_id, message_id, 'pollVote ' || json_extract(change, '$.voter') || ' ' || change_id,
      json_object('kind', 'sealed', 'addOn', 'pollVote', 'chat', json_object('jid', ${CHAT}),
        'target', json_object('sender', json(${AUTHOR}), 'whatsAppId', json_extract(change, '$.vote.pollId')),
        'by', json(${VOTER}), 'whatsAppId', 'vote-' || change_id, 'timestamp', json_extract(change, '$.at'),
        'live', json('false'), 'self', json_object('jid', ''), 'payload', json_extract(change, '$.vote.payload'),
        'iv', json_extract(change, '$.vote.iv'), 'keyId', json_extract(change, '$.vote.pollId'),
        'targetAuthors', json_extract(change, '$.vote.authors'), 'authors', json_extract(change, '$.vote.voters')),
      waiting_since, 1
    FROM waiting_changes WHERE ${IS_VOTE}`,
  `DELETE FROM waiting_changes WHERE ${IS_VOTE}`
)
