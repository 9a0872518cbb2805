// Contacts in SQL.
import { Effect } from 'effect'
import type { SqlClient } from 'effect/sql'
import type { SqlBulk } from '../../database/bulk.ts'
import { listOf } from '../../database/dialect.ts'
import { CLOCKS_DIFFER_MS } from './chat-settings.ts'
import type { ContactWrite } from '../writes.ts'

/** When a name was given; without a time it is as old as the account's link. */
const NAMED_AT = `COALESCE(?6, (SELECT linked_at - ${CLOCKS_DIFFER_MS} FROM accounts WHERE account_id = ?1), 0)`

/** Of two names the later one counts. ?5: whether a name is given at all, `NULL` being none. */
const UPSERT = `INSERT INTO contacts (account_id, contact_jid, name, push_name, name_at)
  VALUES (?1, ?2, ?3, ?4, CASE WHEN ?5 THEN ${NAMED_AT} END)
  ON CONFLICT (account_id, contact_jid) DO UPDATE SET
    name = CASE WHEN ?5 AND ${NAMED_AT} >= COALESCE(name_at, 0) THEN ?3 ELSE name END,
    name_at = CASE WHEN ?5 AND ${NAMED_AT} >= COALESCE(name_at, 0) THEN ${NAMED_AT} ELSE name_at END,
    push_name = COALESCE(?4, push_name)`

export const putContacts = (
  bulk: SqlBulk['Service'],
  accountId: string,
  contacts: ReadonlyArray<ContactWrite>
) =>
  bulk.runMany(
    UPSERT,
    contacts.map(contact => [
      accountId,
      contact.contactJid,
      contact.name,
      contact.pushName,
      contact.name === undefined ? 0 : 1,
      contact.nameAt
    ])
  )

/** What these people are called, of those that have a contact. */
export const namesOf = (sql: SqlClient.SqlClient, accountId: string, people: ReadonlyArray<string>) =>
  Effect.map(
    sql<{
      contactJid: string
      name: string | null
      pushName: string | null
    }>`SELECT contact_jid, name, push_name
      FROM contacts WHERE account_id = ${accountId} AND contact_jid IN ${listOf(sql, people)}`,
    rows => new Map(rows.map(({ contactJid, ...names }) => [contactJid, names]))
  )

/** Two addresses belong to one person: names that only one contact has go to the other. */
export const mergeContacts = Effect.fnUntraced(function* (
  sql: SqlClient.SqlClient,
  accountId: string,
  from: string,
  to: string
) {
  yield* sql`INSERT INTO contacts (account_id, contact_jid, name, push_name, name_at)
    SELECT account_id, ${to}, name, push_name, name_at FROM contacts WHERE account_id = ${accountId} AND contact_jid = ${from}
    ON CONFLICT (account_id, contact_jid) DO UPDATE SET
      name = CASE WHEN COALESCE(excluded.name_at, -1) > COALESCE(contacts.name_at, -1) THEN excluded.name
        ELSE COALESCE(contacts.name, excluded.name) END,
      name_at = CASE WHEN COALESCE(excluded.name_at, -1) > COALESCE(contacts.name_at, -1) THEN excluded.name_at ELSE contacts.name_at END,
      push_name = COALESCE(contacts.push_name, excluded.push_name)`
  yield* sql`DELETE FROM contacts WHERE account_id = ${accountId} AND contact_jid = ${from}`
})

/** The addresses of each person whose name is in the address book. */
export const savedContacts = Effect.fnUntraced(function* (sql: SqlClient.SqlClient, accountId: string) {
  const rows = yield* sql<{ person: string; jid: string | null }>`SELECT c.contact_jid AS person, a.jid AS jid
    FROM contacts c LEFT JOIN addresses a ON a.account_id = c.account_id AND a.person = c.contact_jid
    WHERE c.account_id = ${accountId} AND c.name IS NOT NULL ORDER BY c.contact_jid`
  const people = new Map<string, Set<string>>()
  for (const { jid, person } of rows) {
    const known = people.get(person) ?? new Set([person])
    if (jid !== null) known.add(jid)
    people.set(person, known)
  }
  return [...people.values()].map(addresses => [...addresses])
})
