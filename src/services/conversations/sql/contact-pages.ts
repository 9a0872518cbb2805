// Contacts in SQL, page by page, by the address under which they are stored.
import { Effect, Schema } from 'effect'
import type { SqlClient, Statement } from 'effect/sql'
import type { Contact } from '../../../domain/contact.ts'
import { isPhoneJid, phoneNumberOf } from '../../../domain/jid.ts'
import { searchable } from '../../../domain/search-text.ts'
import { contains, foldedText, listOf } from '../../database/dialect.ts'

export interface ContactQuery {
  /** A part of a name, or three or more digits of the number. */
  readonly text?: string | undefined
  /** Only those in the address book, or only those who are not. */
  readonly saved?: boolean | undefined
  /** The last contact of the page before. */
  readonly after?: string | undefined
  readonly limit: number
}

const decodeRow = Schema.decodeUnknownEffect(
  Schema.Struct({
    contactJid: Schema.String,
    name: Schema.NullOr(Schema.String),
    pushName: Schema.NullOr(Schema.String)
  })
)

/** By a part of either name, or of a number. */
const isCalled = (sql: SqlClient.SqlClient, text: string): Statement.Fragment => {
  const digits = text.replace(/[\s().+-]/g, '')
  const words = searchable(text).trim().toLowerCase()
  const named = (column: string) => contains(sql, foldedText(sql, `COALESCE(${column}, '')`), words)
  const byName = sql`(${named('c.name')} OR ${named('c.push_name')})`
  return /^\d{3,}$/.test(digits)
    ? sql`(${byName} OR ${contains(sql, 'c.contact_jid', digits)} OR EXISTS (SELECT 1 FROM addresses a
        WHERE a.account_id = c.account_id AND a.person = c.contact_jid AND ${contains(sql, 'a.jid', digits)}))`
    : byName
}

const conditionsOf = (
  sql: SqlClient.SqlClient,
  { after, saved, text }: ContactQuery
): ReadonlyArray<Statement.Fragment> => {
  const conditions: Array<Statement.Fragment> = []
  if (after !== undefined) conditions.push(sql`c.contact_jid > ${after}`)
  if (saved !== undefined) conditions.push(sql.literal(`c.name IS ${saved ? 'NOT NULL' : 'NULL'}`))
  if (text !== undefined) conditions.push(isCalled(sql, text))
  return conditions
}

/** The addresses of each of these persons, the latest first. */
const addressesOf = Effect.fnUntraced(function* (
  sql: SqlClient.SqlClient,
  accountId: string,
  people: ReadonlyArray<string>
) {
  const rows = yield* sql<{ person: string; jid: string }>`SELECT person, jid FROM addresses
    WHERE account_id = ${accountId} AND person IN ${listOf(sql, people)} ORDER BY since DESC, jid`
  return Map.groupBy(rows, ({ person }) => person)
})

const numberOf = (addresses: ReadonlyArray<string>): string | null => {
  const phone = addresses.find(isPhoneJid)
  const digits = phone === undefined ? undefined : phoneNumberOf(phone)
  return digits === undefined ? null : `+${digits}`
}

export const listContacts = Effect.fnUntraced(function* (
  sql: SqlClient.SqlClient,
  accountId: string,
  query: ContactQuery
) {
  const conditions = [sql`c.account_id = ${accountId}`, ...conditionsOf(sql, query)]
  const rows = yield* sql`SELECT c.contact_jid, c.name, c.push_name FROM contacts c
    WHERE ${sql.and(conditions)} ORDER BY c.contact_jid LIMIT ${query.limit}`
  return yield* withAddresses(sql, accountId, rows)
})

/** Those of these persons who have a contact. */
export const readContacts = (sql: SqlClient.SqlClient, accountId: string, people: ReadonlyArray<string>) =>
  Effect.flatMap(
    sql`SELECT contact_jid, name, push_name FROM contacts
      WHERE account_id = ${accountId} AND contact_jid IN ${listOf(sql, people)}`,
    rows => withAddresses(sql, accountId, rows)
  )

const withAddresses = Effect.fnUntraced(function* (
  sql: SqlClient.SqlClient,
  accountId: string,
  rows: ReadonlyArray<unknown>
) {
  const people = yield* Effect.forEach(rows, row => decodeRow(row))
  const known = yield* addressesOf(
    sql,
    accountId,
    people.map(({ contactJid }) => contactJid)
  )
  return people.map(({ contactJid, name, pushName }): Contact => {
    const found = (known.get(contactJid) ?? []).map(({ jid }) => jid)
    const addresses = found.includes(contactJid) ? found : [...found, contactJid]
    return { accountId, contactJid, name, pushName, phoneNumber: numberOf(addresses), addresses }
  })
})
