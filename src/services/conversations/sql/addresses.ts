// Which address is whose, in SQL. A LID is a person for good. A phone number is a person's from a time on, until a later report
// says that it is somebody else's.
import { Effect } from 'effect'
import type { SqlClient } from 'effect/sql'

export interface Owned {
  readonly person: string
  /** When that was said last, milliseconds since 1970; 0 when it is not known. */
  readonly since: number
}

export const readAddress = Effect.fnUntraced(function* (
  sql: SqlClient.SqlClient,
  accountId: string,
  jid: string
) {
  const [row] = yield* sql<Owned>`
    SELECT person, since FROM addresses WHERE account_id = ${accountId} AND jid = ${jid}`
  return row
})

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
  Effect.andThen(
    sql`UPDATE addresses SET person = ${to} WHERE account_id = ${accountId} AND person = ${from}`,
    sql`UPDATE addresses SET thread_person = ${to} WHERE account_id = ${accountId} AND thread_person = ${from}`
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
  return yield* sql<AddressOfPerson>`SELECT jid, since FROM addresses
    WHERE account_id = ${accountId} AND person = ${person} ORDER BY since DESC, jid`
})
