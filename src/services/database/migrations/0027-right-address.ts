// Numbers that are written in two ways, what WhatsApp answered about numbers, and whether an account is addressed by LID.
import { statements } from './statements.ts'

export const rightAddress = statements(
  // A number as it was written, the one that WhatsApp has for it, and the person whose thread has it in its id.
  `CREATE TABLE number_spellings (account_id TEXT NOT NULL, jid TEXT NOT NULL, phone_jid TEXT NOT NULL, person TEXT NOT NULL,
    PRIMARY KEY (account_id, jid)) WITHOUT ROWID`,
  `CREATE INDEX number_spellings_person ON number_spellings (account_id, person)`,
  // Without a jid the number is nobody's. Milliseconds since 1970.
  `CREATE TABLE number_answers (account_id TEXT NOT NULL, asked_jid TEXT NOT NULL, jid TEXT, lid TEXT, answered_at INTEGER NOT NULL,
    PRIMARY KEY (account_id, asked_jid)) WITHOUT ROWID`,
  `CREATE INDEX number_answers_age ON number_answers (account_id, answered_at)`,
  // Null while WhatsApp has not said it.
  'ALTER TABLE accounts ADD COLUMN lid_migrated INTEGER'
)
