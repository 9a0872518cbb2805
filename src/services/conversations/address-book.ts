// Whose each address is: what is stored of it, through what is remembered.
import { Effect, Option } from 'effect'
import { isLidJid } from '../../domain/jid.ts'
import type { OpenTransaction, TransactionEnd } from '../database/open-transaction.ts'
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

/** What is committed, and remembered of one account: the person of each address. */
interface Persons {
  readonly byAddress: Map<string, Owned>
  readonly remembered: Remembered
}

/** What transactions of one account have written that are not over. Others read it as it was. */
interface Unfinished {
  /** What they have written, and have read since. */
  readonly byAddress: Map<string, Owned>
  /** Of other addresses, what is remembered as committed is not what they have written. */
  hidesCommitted: boolean
  transactions: number
}

/** What is remembered of accounts, as long as no other thread has changed it. */
export const makeKnownPersons = (
  { changed, remember }: StoredVersions['Service'],
  { onEnd }: OpenTransaction['Service']
) => {
  const accounts = new Map<string, Persons>()
  const unfinished = new Map<string, Unfinished>()

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

  const drop = (open: Unfinished): void => {
    open.byAddress.clear()
    open.hidesCommitted = true
  }

  const ended = (accountId: string, open: Unfinished, how: TransactionEnd): void => {
    // Another one that shares the commit may have written what is dropped with it.
    if (how !== 'committed') drop(open)
    if (how === 'partlyUndone') return
    open.transactions -= 1
    if (open.transactions > 0) return
    unfinished.delete(accountId)
    if (how === 'undone') return
    if (open.hidesCommitted) accounts.delete(accountId)
    for (const [jid, owned] of open.byAddress) put(opened(accountId), jid, owned)
  }

  const written = (accountId: string): Unfinished => {
    const open = unfinished.get(accountId) ?? { byAddress: new Map(), hidesCommitted: false, transactions: 0 }
    unfinished.set(accountId, open)
    open.transactions += 1
    if (!onEnd(`persons of ${accountId}`, how => ended(accountId, open, how))) open.transactions -= 1
    return open
  }

  return {
    has: (accountId: string) => accounts.has(accountId) || unfinished.has(accountId),
    delete: (accountId: string) => {
      accounts.delete(accountId)
      const open = unfinished.get(accountId)
      if (open !== undefined) drop(open)
    },
    /** Within a transaction, what it has written counts; outside of it, what is committed. */
    owned: (accountId: string, jid: string, isWithinTransaction = true) => {
      const open = isWithinTransaction ? unfinished.get(accountId) : undefined
      const found = open?.byAddress.get(jid)
      return found ?? (open?.hidesCommitted === true ? undefined : known(accountId)?.byAddress.get(jid))
    },
    /** Whether it matters at all who asks. */
    isUnfinished: (accountId: string) => unfinished.has(accountId),
    /** To be called before addresses are read: what it returns takes what was found, unless it has changed meanwhile. */
    reading: (accountId: string, isWithinTransaction: boolean) => {
      const open = unfinished.get(accountId)
      if (open === undefined) {
        const persons = opened(accountId)
        return (jid: string, owned: Owned): void => {
          if (!persons.byAddress.has(jid)) put(persons, jid, owned)
        }
      }
      // Whoever is outside reads what is over in a moment.
      return (jid: string, owned: Owned): void => {
        if (isWithinTransaction && !open.byAddress.has(jid)) open.byAddress.set(jid, owned)
      }
    },
    /** Within the transaction that writes somebody new, of whom nobody remembers anything. */
    added: (accountId: string, jid: string, owned: Owned): void => {
      written(accountId).byAddress.set(jid, owned)
    },
    /** Within the transaction that writes it. */
    written: (accountId: string, jid: string, owned: Owned): void => {
      written(accountId).byAddress.set(jid, owned)
      changed(accountId)
    },
    /** Within a transaction that writes it for many. */
    changed: (accountId: string): void => {
      accounts.delete(accountId)
      drop(written(accountId))
      changed(accountId)
    }
  }
}

export type KnownPersons = ReturnType<typeof makeKnownPersons>

/** What is stored of addresses, through what is remembered of them. */
export const makeAddressBook = (context: MergeContext, memory: KnownPersons) => {
  const { bulk, sql } = context
  /** Whether whoever asks is to know what the account's transaction that is not over has written. */
  const seesUnfinished = (accountId: string) =>
    Effect.suspend(() =>
      memory.isUnfinished(accountId)
        ? Effect.map(Effect.serviceOption(sql.transactionService), Option.isSome)
        : Effect.succeed(false)
    )

  const owned = Effect.fnUntraced(function* (accountId: string, jid: string) {
    const isWithin = yield* seesUnfinished(accountId)
    const known = memory.owned(accountId, jid, isWithin)
    if (known !== undefined) return known
    const learn = memory.reading(accountId, isWithin)
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
    const isWithin = yield* seesUnfinished(accountId)
    const asked = new Set(jids.filter(jid => memory.owned(accountId, jid, isWithin) === undefined))
    if (asked.size === 0) return asked
    const learn = memory.reading(accountId, isWithin)
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
    for (const { jid } of yield* readSpellings(sql, accountId, [...asked])) asked.delete(jid)
    const strangers = [...asked]
    yield* bulk.runMany(
      `INSERT INTO addresses (account_id, jid, person, since) VALUES (?1, ?2, ?2, ?3)`,
      strangers.map(jid => [accountId, jid, UNDATED])
    )
    for (const jid of strangers) memory.added(accountId, jid, { person: jid, since: UNDATED })
  }, joinTransaction(sql))

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

  return { owned, recall, record, meet, merge, lidsOf, forget, seesUnfinished }
}

export type AddressBook = ReturnType<typeof makeAddressBook>
