// What an erasure leaves, and why.
import { Effect } from 'effect'
import type { SqlClient } from 'effect/sql'
import type { Remaining } from '../../domain/erasure.ts'
import { userOf } from '../../domain/jid.ts'
import { contains } from '../database/dialect.ts'

const counted = (
  sql: SqlClient.SqlClient,
  table: string,
  column: string,
  accountId: string,
  parts: ReadonlyArray<string>
) =>
  Effect.map(
    sql<{ n: number }>`SELECT COUNT(*) AS n FROM ${sql(table)}
      WHERE account_id = ${accountId} AND ${sql.or(parts.map(part => contains(sql, column, part)))}`,
    ([row]) => row?.n ?? 0
  )

const ALWAYS: ReadonlyArray<Remaining> = [
  {
    what: 'Hashes of the addresses, with a key',
    why: 'By them a history that comes later is kept from bringing the person back. Without the vault key they say nothing.',
    count: null
  },
  {
    what: 'What others wrote about the person',
    why: 'It is theirs. Mentions were taken out of it; a name or number that somebody typed is not recognised.',
    count: null
  },
  {
    what: 'What was received and is not read yet, encrypted, for some ten minutes',
    why: 'WhatsApp was told that it is here. It is not stored once it is read.',
    count: null
  },
  {
    what: 'The phone of the owner and its other devices, backups, and copies in applications',
    why: 'This server does not reach them. After a restore of an older backup, erase the person again.',
    count: null
  }
]

/** `addresses`: those of the person; `stayed`: in how many conversations with them there is something newer, if they have gone on. */
export const remainsOf = Effect.fnUntraced(function* (
  sql: SqlClient.SqlClient,
  accountId: string,
  addresses: ReadonlyArray<string>,
  stayed: number | undefined
) {
  const keys = yield* counted(sql, 'vault_keys', 'id', accountId, addresses.map(userOf))
  const records = yield* counted(sql, 'app_state_records', `COALESCE(record_index, '')`, accountId, addresses)
  const remaining: ReadonlyArray<Remaining> = [
    ...(stayed === undefined
      ? []
      : [
          {
            what: 'Who the person is, since they have written or were written to after the request: their addresses, names and receipts, and conversations with what is new',
            why: 'It could not be told any more who has written that. Ask again to erase it, too.',
            count: stayed
          }
        ]),
    ...(keys === 0
      ? []
      : [
          {
            what: 'Encryption keys for the devices of the person',
            why: 'Without them messages between the two could not be read any more; they say nothing of what was written. They go when the account is logged out.',
            count: keys
          }
        ]),
    ...(records === 0
      ? []
      : [
          {
            what: 'Names of settings that the phone of the owner keeps for the person, such as an entry in its address book',
            why: 'What the phone sends next is checked against them. They go when the owner deletes the entry, or with the account.',
            count: records
          }
        ]),
    ...ALWAYS
  ]
  return remaining
})
