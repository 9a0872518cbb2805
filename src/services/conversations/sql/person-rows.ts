// What messages have of one person, in SQL: who they are, what they wrote, and where others' messages name them.
import { Effect } from 'effect'
import type { SqlClient } from 'effect/sql'
import { threadIdOf } from '../../../domain/ids.ts'
import { isLidJid } from '../../../domain/jid.ts'
import { contains, jsonField, listOf } from '../../database/dialect.ts'
import { readAddress } from './addresses.ts'

/** Everything by which a person is known in an account. */
export interface KnownPerson {
  readonly addresses: ReadonlyArray<string>
  /** Of threads with them, whether there are any or not. */
  readonly threadIds: ReadonlyArray<string>
}

/** By one of their addresses, which need not be known. */
export const personOf = Effect.fnUntraced(function* (
  sql: SqlClient.SqlClient,
  accountId: string,
  address: string
) {
  const person = (yield* readAddress(sql, accountId, address))?.person ?? address
  const known = yield* sql<{ jid: string; threadPerson: string | null }>`
    SELECT jid, CASE WHEN thread_person = ${person} THEN NULL ELSE thread_person END AS thread_person FROM addresses
      WHERE account_id = ${accountId} AND (person = ${person} OR thread_person = ${person})
    UNION SELECT jid, NULL FROM number_spellings WHERE account_id = ${accountId} AND person = ${person}`
  const theirs = yield* sql<{ jid: string }>`SELECT jid FROM addresses
    WHERE account_id = ${accountId} AND person = ${person}
    UNION SELECT jid FROM number_spellings WHERE account_id = ${accountId} AND person = ${person}`
  const withThread = known.filter(({ threadPerson }) => threadPerson === null).map(({ jid }) => jid)
  const found: KnownPerson = {
    addresses: [...new Set([address, person, ...theirs.map(({ jid }) => jid)])],
    threadIds: [...new Set([person, ...withThread])].map(jid => threadIdOf(accountId, jid))
  }
  return found
})

/**
 * The person as they are known now, who was known like this before: meanwhile, threads may have become one, another address may have
 * turned out to be theirs, and a number may have gone to somebody else.
 */
export const personAfter = Effect.fnUntraced(function* (
  sql: SqlClient.SqlClient,
  accountId: string,
  before: KnownPerson
) {
  const [first] = before.addresses
  // A LID is one person for good; a number that has gone to somebody else says whose conversation it was.
  const address = before.addresses.find(isLidJid) ?? first
  if (address === undefined) return before
  const [kept] = yield* sql<{ person: string | null }>`SELECT thread_person AS person FROM addresses
    WHERE account_id = ${accountId} AND jid = ${address}`
  const now = yield* personOf(sql, accountId, kept?.person ?? address)
  const lost = new Set<string>()
  for (const jid of before.addresses.filter(one => !now.addresses.includes(one))) {
    const owner = (yield* readAddress(sql, accountId, jid))?.person
    if (owner !== undefined && !now.addresses.includes(owner)) lost.add(jid)
  }
  const threadsLost = [...lost].map(jid => threadIdOf(accountId, jid))
  const known: KnownPerson = {
    addresses: [...new Set([...before.addresses, ...now.addresses])].filter(jid => !lost.has(jid)),
    threadIds: [...new Set([...before.threadIds, ...now.threadIds])].filter(id => !threadsLost.includes(id))
  }
  return known
})

const named = (sql: SqlClient.SqlClient, addresses: ReadonlyArray<string>) =>
  sql.or(
    addresses.flatMap(jid => [
      contains(sql, `COALESCE(m.reactions, '')`, JSON.stringify(jid)),
      contains(sql, `COALESCE(m.details, '')`, JSON.stringify(jid))
    ])
  )

/** What is of before a request. The row of a message that was removed may be used again: rows alone do not say it. */
export interface Before {
  /** No higher rows are looked at. */
  readonly upTo: number
  /** When it was asked for, milliseconds since 1970. */
  readonly at: number
}

/** What was stored then; and what a history has brought since, under an address that nobody knew to be the person's. */
const isBefore = (sql: SqlClient.SqlClient, { at, upTo }: Before) =>
  sql`m.message_row <= ${upTo} AND (m.ts_server <= ${at} OR m.ts_client < ${Math.floor(at / 1000) * 1000})`

/** A part of all messages, in which those are looked for that a person wrote outside of their conversation, or that name them. */
export interface PersonScan {
  readonly accountId: string
  readonly person: KnownPerson
  /** In higher rows than this one. */
  readonly after: number
  readonly before: Before
  /** It ends with so many. */
  readonly limit: number
}

const isOfPerson = (sql: SqlClient.SqlClient, { accountId, after, before, person }: PersonScan) =>
  sql`m.message_row > ${after} AND ${isBefore(sql, before)} AND m.account_id = ${accountId}
    AND (m.sender IN ${listOf(sql, person.addresses)} OR ${named(sql, person.addresses)})
    AND m.thread_id NOT IN ${listOf(sql, person.threadIds)}`

export interface FoundRow {
  readonly row: number
  readonly threadId: string
  readonly messageId: string
  readonly sender: string | null
  readonly hasFile: number
}

const HAS_FILE = (sql: SqlClient.SqlClient) =>
  `CASE WHEN m.media IS NOT NULL AND ${jsonField(sql, 'm.media', 'fetched.state')} = 'stored' THEN 1 ELSE 0 END`

export const rowsOfPerson = (sql: SqlClient.SqlClient, scan: PersonScan) =>
  sql<FoundRow>`SELECT m.message_row AS row, m.thread_id, m.message_id, m.sender,
      ${sql.literal(HAS_FILE(sql))} AS has_file
    FROM messages m WHERE ${isOfPerson(sql, scan)} ORDER BY m.message_row LIMIT ${scan.limit}`

/** Up to which row a scan has come that found these. */
export const scannedUpTo = ({ before, limit }: PersonScan, found: ReadonlyArray<FoundRow>): number =>
  found.length < limit ? before.upTo : (found.at(-1)?.row ?? before.upTo)

/** Whether there is anything that is found by an address, without looking through messages. */
export const isPersonKnown = (
  sql: SqlClient.SqlClient,
  accountId: string,
  { addresses, threadIds }: KnownPerson
) =>
  Effect.map(
    sql`SELECT 1 AS one FROM threads WHERE thread_id IN ${listOf(sql, threadIds)}
      UNION ALL SELECT 1 FROM contacts WHERE account_id = ${accountId} AND contact_jid IN ${listOf(sql, addresses)}
      UNION ALL SELECT 1 FROM addresses WHERE account_id = ${accountId} AND jid IN ${listOf(sql, addresses)}
      LIMIT 1`,
    rows => rows.length > 0
  )

/** The oldest messages of a thread, whatever their state. */
export const rowsOfThread = (sql: SqlClient.SqlClient, threadId: string, before: Before, limit: number) =>
  sql<FoundRow>`SELECT m.message_row AS row, m.thread_id, m.message_id, m.sender,
      ${sql.literal(HAS_FILE(sql))} AS has_file
    FROM messages m WHERE m.thread_id = ${threadId} AND ${isBefore(sql, before)} ORDER BY m.ts_client LIMIT ${limit}`

/** Takes what replies repeat of messages that are removed; answers whose those are. */
export const forgetQuotes = (sql: SqlClient.SqlClient, threadId: string, messageIds: ReadonlyArray<string>) =>
  sql<{ threadId: string; messageId: string }>`UPDATE messages SET quoted_excerpt = NULL, raw = NULL
    WHERE quoted_message_id IN ${listOf(sql, messageIds)} AND COALESCE(quoted_thread_id, thread_id) = ${threadId}
    RETURNING thread_id, message_id`

/** The same of replies in other threads to a thread that is removed. */
export const forgetThreadsQuoted = (sql: SqlClient.SqlClient, threadIds: ReadonlyArray<string>) =>
  sql<{ threadId: string; messageId: string }>`UPDATE messages SET quoted_excerpt = NULL, raw = NULL,
      quoted_thread_id = NULL, quoted_message_id = NULL, quoted_whatsapp_id = NULL
    WHERE quoted_thread_id IN ${listOf(sql, threadIds)} AND thread_id NOT IN ${listOf(sql, threadIds)}
    RETURNING thread_id, message_id`

export const threadsWithMessages = (sql: SqlClient.SqlClient, threadIds: ReadonlyArray<string>) =>
  Effect.map(
    sql<{ id: string }>`SELECT t.id FROM ${listOf(sql, threadIds, 'id')} AS t
      WHERE EXISTS (SELECT 1 FROM messages m WHERE m.thread_id = t.id)`,
    rows => rows.map(({ id }) => id)
  )
