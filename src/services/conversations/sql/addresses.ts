// Which address is whose, in SQL. A LID is a person for good. A phone number is a person's from a time on, until a later report
// says that it is somebody else's.
import { Effect } from 'effect'
import type { SqlClient } from 'effect/sql'
import { listOf, withIndex } from '../../database/dialect.ts'

export interface Owned {
  readonly person: string
  /** When that was said last, milliseconds since 1970; 0 when it is not known. */
  readonly since: number
}

/** `jid` is another one for a number that was found by another spelling of it. */
interface FoundAddress extends Owned {
  readonly jid: string
}

export const readAddress = Effect.fnUntraced(function* (
  sql: SqlClient.SqlClient,
  accountId: string,
  jid: string
) {
  const [row] = yield* sql<FoundAddress>`
    SELECT jid, person, since FROM addresses WHERE account_id = ${accountId} AND jid = ${jid}
    UNION ALL SELECT a.jid, a.person, a.since FROM number_spellings s
      JOIN addresses a ON a.account_id = s.account_id AND a.jid = s.phone_jid
      WHERE s.account_id = ${accountId} AND s.jid = ${jid}
    LIMIT 1`
  return row
})

/** What is stored of these addresses under exactly them. */
export const readAddresses = (sql: SqlClient.SqlClient, accountId: string, jids: ReadonlyArray<string>) =>
  sql<FoundAddress>`SELECT jid, person, since FROM addresses
    WHERE account_id = ${accountId} AND jid IN ${listOf(sql, jids)}`

/** Those of the addresses that are another way to write a number. */
export const readSpellings = (sql: SqlClient.SqlClient, accountId: string, jids: ReadonlyArray<string>) =>
  sql<{ jid: string }>`SELECT jid FROM number_spellings
    WHERE account_id = ${accountId} AND jid IN ${listOf(sql, jids)}`

export const writeAddress = (
  sql: SqlClient.SqlClient,
  accountId: string,
  jid: string,
  { person, since }: Owned
) =>
  sql`INSERT INTO addresses (account_id, jid, person, since) VALUES (${accountId}, ${jid}, ${person}, ${since})
    ON CONFLICT (account_id, jid) DO UPDATE SET person = excluded.person, since = excluded.since`

/** All addresses of one person become those of another. */
export const moveAddresses = (sql: SqlClient.SqlClient, accountId: string, from: string, to: string) =>
  Effect.all(
    [
      sql`UPDATE addresses SET person = ${to} WHERE account_id = ${accountId} AND person = ${from}`,
      sql`UPDATE addresses SET thread_person = ${to} WHERE account_id = ${accountId} AND thread_person = ${from}`,
      sql`UPDATE number_spellings SET person = ${to} WHERE account_id = ${accountId} AND person = ${from}`
    ],
    { discard: true }
  )

export interface NumberSpelling {
  /** The number as it was written. */
  readonly jid: string
  /** The number as WhatsApp has it. */
  readonly phoneJid: string
  readonly person: string
}

/** A number as it was written is no address of its own: it leads to the one that WhatsApp has, and its thread to the person's. */
export const keepSpelling = (
  sql: SqlClient.SqlClient,
  accountId: string,
  { jid, person, phoneJid }: NumberSpelling
) =>
  Effect.andThen(
    sql`DELETE FROM addresses WHERE account_id = ${accountId} AND jid = ${jid}`,
    sql`INSERT INTO number_spellings (account_id, jid, phone_jid, person)
      VALUES (${accountId}, ${jid}, ${phoneJid}, ${person})
      ON CONFLICT (account_id, jid) DO UPDATE SET phone_jid = excluded.phone_jid, person = excluded.person`
  )

/** The thread whose id has this address stays that person's, whoever the address belongs to from now on. */
export const keepThreadOf = (sql: SqlClient.SqlClient, accountId: string, jid: string, person: string) =>
  sql`UPDATE addresses SET thread_person = ${person} WHERE account_id = ${accountId} AND jid = ${jid}`

export interface AddressOfPerson {
  readonly jid: string
  readonly since: number
}

/** The addresses of a person, the latest first. */
export const addressesOfPerson = Effect.fnUntraced(function* (
  sql: SqlClient.SqlClient,
  accountId: string,
  person: string
) {
  // Without statistics SQLite would go through all addresses of the account.
  const addresses = sql.literal(withIndex(sql, 'addresses', 'addresses_person'))
  return yield* sql<AddressOfPerson>`SELECT jid, since FROM ${addresses}
    WHERE account_id = ${accountId} AND person = ${person} ORDER BY since DESC, jid`
})
