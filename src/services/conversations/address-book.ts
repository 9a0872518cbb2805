// Whose each address is: what is stored of it, through what is remembered.
import { Effect } from 'effect'
import { isLidJid } from '../../domain/jid.ts'
import { joinTransaction } from '../database/transaction.ts'
import {
  addressesOfPerson,
  moveAddresses,
  type Owned,
  readAddress,
  readAddresses,
  readSpellings,
  writeAddress
} from './sql/addresses.ts'
import { type MergeContext, mergePeople } from './sql/merge.ts'

const REMEMBERED_ADDRESSES = 50_000

/** When something was said is not known. */
export const UNDATED = 0

/** What is remembered of accounts: the person of each address. */
export const makeKnownPersons = () => {
  const accounts = new Map<string, Map<string, Owned>>()
  return {
    has: (accountId: string) => accounts.has(accountId),
    delete: (accountId: string) => accounts.delete(accountId),
    owned: (accountId: string, jid: string) => accounts.get(accountId)?.get(jid),
    set: (accountId: string, jid: string, owned: Owned) => {
      const known = accounts.get(accountId) ?? new Map<string, Owned>()
      if (known.size >= REMEMBERED_ADDRESSES && !known.has(jid)) known.clear()
      known.set(jid, owned)
      accounts.set(accountId, known)
    }
  }
}

export type KnownPersons = ReturnType<typeof makeKnownPersons>

/** What is stored of addresses, through what is remembered of them. */
export const makeAddressBook = (context: MergeContext, memory: KnownPersons) => {
  const { bulk, sql } = context

  const owned = Effect.fnUntraced(function* (accountId: string, jid: string) {
    const known = memory.owned(accountId, jid)
    if (known !== undefined) return known
    const row = yield* readAddress(sql, accountId, jid)
    // Another spelling of a number is whoever's the number is then.
    if (row?.jid === jid) memory.set(accountId, jid, row)
    return row
  })

  const record = Effect.fnUntraced(function* (
    accountId: string,
    jid: string,
    person: string,
    since = UNDATED
  ) {
    yield* writeAddress(sql, accountId, jid, { person, since })
    memory.set(accountId, jid, { person, since })
  })

  /** Remembers these addresses, and makes those that nobody has people of their own: the same as for each by itself, at once. */
  const meet = Effect.fnUntraced(function* (accountId: string, jids: ReadonlyArray<string>) {
    const asked = new Set(jids.filter(jid => memory.owned(accountId, jid) === undefined))
    if (asked.size === 0) return
    for (const { jid, ...found } of yield* readAddresses(sql, accountId, [...asked])) {
      memory.set(accountId, jid, found)
      asked.delete(jid)
    }
    for (const { jid } of yield* readSpellings(sql, accountId, [...asked])) asked.delete(jid)
    const strangers = [...asked]
    yield* bulk.runMany(
      `INSERT INTO addresses (account_id, jid, person, since) VALUES (?1, ?2, ?2, ?3)`,
      strangers.map(jid => [accountId, jid, UNDATED])
    )
    for (const jid of strangers) memory.set(accountId, jid, { person: jid, since: UNDATED })
  })

  const merge = Effect.fnUntraced(function* (accountId: string, from: string, to: string) {
    yield* moveAddresses(sql, accountId, from, to)
    memory.delete(accountId)
    yield* mergePeople(context, accountId, from, to)
  }, joinTransaction(sql))

  /** The LIDs of a person; people who were merged because of a change of number have several. */
  const lidsOf = (accountId: string, person: string) =>
    Effect.map(addressesOfPerson(sql, accountId, person), theirs =>
      theirs.map(({ jid }) => jid).filter(isLidJid)
    )

  /** Drops what is remembered: addresses were changed in another way. */
  const forget = (accountId: string) => Effect.sync(() => memory.delete(accountId))

  return { owned, record, meet, merge, lidsOf, forget }
}

export type AddressBook = ReturnType<typeof makeAddressBook>
