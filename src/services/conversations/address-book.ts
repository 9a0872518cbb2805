// Whose each address is: what is stored of it, through what is remembered.
import { Effect } from 'effect'
import { isLidJid } from '../../domain/jid.ts'
import type { Remembered, StoredVersions } from '../database/stored-versions.ts'
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

/** What is remembered of one account: the person of each address. */
interface Persons {
  readonly byAddress: Map<string, Owned>
  readonly remembered: Remembered
}

/** What is remembered of accounts, as long as no other thread has changed it. */
export const makeKnownPersons = ({ changed, remember }: StoredVersions['Service']) => {
  const accounts = new Map<string, Persons>()

  const known = (accountId: string): Persons | undefined => {
    const persons = accounts.get(accountId)
    if (persons?.remembered.holds() !== false) return persons
    accounts.delete(accountId)
    return undefined
  }

  const opened = (accountId: string): Persons => {
    const persons = known(accountId) ?? { byAddress: new Map(), remembered: remember(accountId) }
    accounts.set(accountId, persons)
    return persons
  }

  const put = ({ byAddress }: Persons, jid: string, owned: Owned): void => {
    if (byAddress.size >= REMEMBERED_ADDRESSES && !byAddress.has(jid)) byAddress.clear()
    byAddress.set(jid, owned)
  }

  return {
    has: (accountId: string) => accounts.has(accountId),
    delete: (accountId: string) => accounts.delete(accountId),
    owned: (accountId: string, jid: string) => known(accountId)?.byAddress.get(jid),
    /** To be called before addresses are read: what it returns takes what was found, unless it has changed meanwhile. */
    reading: (accountId: string) => {
      const persons = opened(accountId)
      return (jid: string, owned: Owned): void => {
        if (!persons.byAddress.has(jid)) put(persons, jid, owned)
      }
    },
    /** Within the transaction that writes it. */
    written: (accountId: string, jid: string, owned: Owned): void => {
      put(opened(accountId), jid, owned)
      changed(accountId)
    },
    /** Within a transaction that writes it for many. */
    changed: (accountId: string): void => {
      accounts.delete(accountId)
      changed(accountId)
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
    const learn = memory.reading(accountId)
    const row = yield* readAddress(sql, accountId, jid)
    // Another spelling of a number is whoever's the number is then.
    if (row?.jid === jid) learn(jid, row)
    return row
  })

  const record = Effect.fnUntraced(function* (
    accountId: string,
    jid: string,
    person: string,
    since = UNDATED
  ) {
    yield* writeAddress(sql, accountId, jid, { person, since })
    memory.written(accountId, jid, { person, since })
  }, joinTransaction(sql))

  /** Remembers those of the addresses that are known; answers the others. */
  const recall = Effect.fnUntraced(function* (accountId: string, jids: ReadonlyArray<string>) {
    const asked = new Set(jids.filter(jid => memory.owned(accountId, jid) === undefined))
    if (asked.size === 0) return asked
    const learn = memory.reading(accountId)
    for (const { jid, ...found } of yield* readAddresses(sql, accountId, [...asked])) {
      learn(jid, found)
      asked.delete(jid)
    }
    return asked
  })

  /** Remembers these addresses, and makes those that nobody has people of their own: the same as for each by itself, at once. */
  const meet = Effect.fnUntraced(function* (accountId: string, jids: ReadonlyArray<string>) {
    const asked = yield* recall(accountId, jids)
    if (asked.size === 0) return
    const learn = memory.reading(accountId)
    for (const { jid } of yield* readSpellings(sql, accountId, [...asked])) asked.delete(jid)
    const strangers = [...asked]
    yield* bulk.runMany(
      `INSERT INTO addresses (account_id, jid, person, since) VALUES (?1, ?2, ?2, ?3)`,
      strangers.map(jid => [accountId, jid, UNDATED])
    )
    // Nobody remembers anything of strangers.
    for (const jid of strangers) learn(jid, { person: jid, since: UNDATED })
  })

  const merge = Effect.fnUntraced(function* (accountId: string, from: string, to: string) {
    yield* moveAddresses(sql, accountId, from, to)
    memory.changed(accountId)
    yield* mergePeople(context, accountId, from, to)
  }, joinTransaction(sql))

  /** The LIDs of a person; people who were merged because of a change of number have several. */
  const lidsOf = (accountId: string, person: string) =>
    Effect.map(addressesOfPerson(sql, accountId, person), theirs =>
      theirs.map(({ jid }) => jid).filter(isLidJid)
    )

  /** Drops what is remembered: addresses were changed in another way. */
  const forget = (accountId: string) => Effect.sync(() => memory.changed(accountId))

  return { owned, recall, record, meet, merge, lidsOf, forget }
}

export type AddressBook = ReturnType<typeof makeAddressBook>
