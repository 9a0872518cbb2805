// Contacts in SQL.
import { Effect } from 'effect'
import type { SqlClient } from 'effect/sql'
import type { SqlBulk } from '../../database/bulk.ts'
import type { ContactWrite } from '../writes.ts'

export const putContacts = (
  bulk: SqlBulk['Service'],
  accountId: string,
  contacts: ReadonlyArray<ContactWrite>
) =>
  bulk.runMany(
    `INSERT INTO contacts (account_id, contact_jid, name, push_name) VALUES (?1, ?2, ?3, ?4)
      ON CONFLICT (account_id, contact_jid) DO UPDATE SET name = COALESCE(?3, name), push_name = COALESCE(?4, push_name)`,
    contacts.map(contact => [accountId, contact.contactJid, contact.name, contact.pushName])
  )

/** Two addresses belong to one person: names that only one contact has go to the other. */
export const mergeContacts = Effect.fnUntraced(function* (
  sql: SqlClient.SqlClient,
  accountId: string,
  from: string,
  to: string
) {
  yield* sql`INSERT INTO contacts (account_id, contact_jid, name, push_name)
    SELECT account_id, ${to}, name, push_name FROM contacts WHERE account_id = ${accountId} AND contact_jid = ${from}
    ON CONFLICT (account_id, contact_jid) DO UPDATE SET
      name = COALESCE(contacts.name, excluded.name), push_name = COALESCE(contacts.push_name, excluded.push_name)`
  yield* sql`DELETE FROM contacts WHERE account_id = ${accountId} AND contact_jid = ${from}`
})
