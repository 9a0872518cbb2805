// What the own phone sent beside the chats and could not be decrypted, until its retry has brought it.
import { statements } from './statements.ts'

export const peerMessages = statements(
  // `state`: waiting, arrived or lost. `attributes`: those of the stanza, as JSON. Times are milliseconds since 1970.
  `CREATE TABLE peer_messages (account_id TEXT NOT NULL, whatsapp_id TEXT NOT NULL, attributes TEXT NOT NULL,
    state TEXT NOT NULL DEFAULT 'waiting', asked INTEGER NOT NULL DEFAULT 0, given_up INTEGER NOT NULL DEFAULT 0,
    next_at INTEGER NOT NULL, received_at INTEGER NOT NULL, in_first_history INTEGER NOT NULL, PRIMARY KEY (account_id, whatsapp_id)) WITHOUT ROWID`
)
