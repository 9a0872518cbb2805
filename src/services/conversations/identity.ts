// One person, one thread: resolves every address to the first known address of its person, once, before anything is stored. A
// LID is one person for good. Phone numbers go from one person to the next: a number that is known with one LID and reported
// with another is moved to the other person, and what was stored of the first stays where it is.
import { Context, Effect, Layer } from 'effect'
import type { SqlClient } from 'effect/sql'
import type { Address, NumberChangedFact, SameNumberFact, SamePersonFact } from '../../domain/fact.ts'
import { isLidJid, isPhoneJid } from '../../domain/jid.ts'
import type { SqlBulk } from '../database/bulk.ts'
import { asDatabaseError, type DatabaseError } from '../database/error.ts'
import { OpenTransaction } from '../database/open-transaction.ts'
import { StoredVersions } from '../database/stored-versions.ts'
import { joinTransaction } from '../database/transaction.ts'
import { Tables } from '../database/tables.ts'
import { AccountMemory } from '../process/account-memory.ts'
import type { EventLog } from '../events/event-log.ts'
import {
  type AddressBook,
  type KnownPersons,
  makeAddressBook,
  makeKnownPersons,
  UNDATED
} from './address-book.ts'
import { makeJoinNumbers } from './number-spellings.ts'
import { type AddressOfPerson, addressesOfPerson, keepThreadOf, type Owned } from './sql/addresses.ts'
import { writeContext } from './sql/context.ts'
import type { MergeContext } from './sql/merge.ts'

export class Identity extends Context.Service<
  Identity,
  {
    /** The first known address of the person to whom the address belongs; an unknown address becomes known. */
    readonly resolve: (accountId: string, address: Address) => Effect.Effect<string, DatabaseError>
    /** The same for many, in their order. */
    readonly resolveAll: (
      accountId: string,
      addresses: ReadonlyArray<Address>
    ) => Effect.Effect<ReadonlyArray<string>, DatabaseError>
    /** The same, without making an unknown address known; `undefined` when it is not. */
    readonly find: (accountId: string, jid: string) => Effect.Effect<string | undefined, DatabaseError>
    /** The same as `resolve`, of what is remembered, within a transaction: no look at the database. `undefined`: it has to be resolved. */
    readonly known: (accountId: string, address: Address) => string | undefined
    /** Both addresses are one person: their threads become one, or the number is moved from the person who had it. */
    readonly link: (
      accountId: string,
      fact: Omit<SamePersonFact, 'kind'>
    ) => Effect.Effect<void, DatabaseError>
    /** Whether that is remembered already, within a transaction: then linking them changes nothing. */
    readonly isLinked: (accountId: string, fact: Omit<SamePersonFact, 'kind'>) => boolean
    /** Those of the facts that say what is stored. */
    readonly linkedAmong: (
      accountId: string,
      facts: ReadonlyArray<SamePersonFact>
    ) => Effect.Effect<ReadonlyArray<SamePersonFact>, DatabaseError>
    /** A person has another number: their threads become one. */
    readonly changeNumber: (
      accountId: string,
      fact: Omit<NumberChangedFact, 'kind'>
    ) => Effect.Effect<void, DatabaseError>
    /** A number as it was written is another way to write this one: what is stored under it becomes that person's. */
    readonly joinNumbers: (
      accountId: string,
      fact: Omit<SameNumberFact, 'kind'>
    ) => Effect.Effect<void, DatabaseError>
    /** The LIDs that a person is known by. */
    readonly lidsOf: (
      accountId: string,
      person: string
    ) => Effect.Effect<ReadonlyArray<string>, DatabaseError>
    /** The number that a person has, as far as it is known. */
    readonly numberOf: (accountId: string, person: string) => Effect.Effect<string | undefined, DatabaseError>
    /** Where a person can be reached who is known under this address: it, if it is still theirs, else another one of theirs. */
    readonly reachable: (
      accountId: string,
      person: string,
      jid: string
    ) => Effect.Effect<string | undefined, DatabaseError>
    /** Drops what is remembered, within a transaction that has removed addresses. */
    readonly forget: (accountId: string) => Effect.Effect<void>
  }
>()('backscroll/services/conversations/Identity') {
  static readonly layer: Layer.Layer<
    Identity,
    never,
    AccountMemory | OpenTransaction | SqlClient.SqlClient | SqlBulk | StoredVersions | EventLog | Tables
  > = Layer.effect(
    Identity,
    Effect.gen(function* () {
      const tables = yield* Tables
      const memory = yield* AccountMemory
      const known = memory.register(
        'conversations.persons',
        makeKnownPersons(yield* StoredVersions, yield* OpenTransaction)
      )
      return Identity.of(makeIdentity({ ...(yield* writeContext), tables }, known))
    })
  )
}

/** A report that is not much later than the last one is not written down. */
const NOTED_EVERY_MS = 60_000

/** A number and the LID it is reported with. */
interface Pair {
  readonly phoneJid: string
  readonly lidJid: string
  /** When that was said, milliseconds since 1970; 0 when it is not known. */
  readonly at: number
}

/** The number and the LID among the forms of an address. */
const pairOf = ({ alt, jid }: Address, at: number): Pair | undefined => {
  if (alt === undefined) return undefined
  if (isPhoneJid(jid) && isLidJid(alt)) return { phoneJid: jid, lidJid: alt, at }
  return isLidJid(jid) && isPhoneJid(alt) ? { phoneJid: alt, lidJid: jid, at } : undefined
}

/** A number goes to another person by a report that is later than the last one. */
const isLater = (at: number, since: number): boolean => at > UNDATED && at >= since

/** Gives a number to another person. What is stored under it stays with the person who had it, under the LID. */
const makeMoveNumber = ({ sql }: MergeContext, book: AddressBook) =>
  Effect.fnUntraced(function* (accountId: string, { at, lidJid, phoneJid }: Pair, ownerLid: string) {
    const owner = yield* book.owned(accountId, phoneJid)
    if (owner?.person === phoneJid) {
      yield* book.merge(accountId, phoneJid, ownerLid)
      yield* keepThreadOf(sql, accountId, phoneJid, ownerLid)
    }
    const next = yield* book.owned(accountId, lidJid)
    yield* book.record(accountId, phoneJid, next?.person ?? lidJid, at)
  }, joinTransaction(sql))

const makeLink = (context: MergeContext, book: AddressBook) => {
  const moveNumber = makeMoveNumber(context, book)

  /** The number is somebody's already, and the LID is not theirs as far as is known. */
  const linkOwned = Effect.fnUntraced(function* (
    accountId: string,
    pair: Pair,
    owner: Owned,
    lid: Owned | undefined
  ) {
    const { at, lidJid, phoneJid } = pair
    const [ownerLid] = yield* book.lidsOf(accountId, owner.person)
    if (ownerLid === undefined) {
      // Whoever has the number is not known otherwise.
      if (lid === undefined) yield* book.record(accountId, lidJid, owner.person)
      else yield* book.merge(accountId, lid.person, owner.person)
      if (at > owner.since) yield* book.record(accountId, phoneJid, owner.person, at)
      return
    }
    if (lid === undefined) yield* book.record(accountId, lidJid, lidJid)
    if (isLater(at, owner.since)) yield* moveNumber(accountId, pair, ownerLid)
  })

  /** `first` names the person when neither address is known yet. */
  return Effect.fnUntraced(function* (accountId: string, pair: Pair, first: string) {
    const { at, lidJid, phoneJid } = pair
    const owner = yield* book.owned(accountId, phoneJid)
    const lid = yield* book.owned(accountId, lidJid)
    if (owner === undefined) {
      const person = lid?.person ?? first
      yield* book.record(accountId, phoneJid, person, at)
      if (lid === undefined) yield* book.record(accountId, lidJid, person)
    } else if (owner.person !== lid?.person) {
      yield* linkOwned(accountId, pair, owner, lid)
    } else if (at >= owner.since + NOTED_EVERY_MS) {
      yield* book.record(accountId, phoneJid, owner.person, at)
    }
  })
}

type Link = ReturnType<typeof makeLink>

const makeResolve = (book: AddressBook, link: Link) =>
  Effect.fnUntraced(function* (accountId: string, address: Address) {
    const { jid } = address
    const pair = pairOf(address, UNDATED)
    if (pair !== undefined) yield* link(accountId, pair, jid)
    // The LID says who it is; the number may be another person's by now.
    const main = pair?.lidJid ?? jid
    const owned = yield* book.owned(accountId, main)
    if (owned === undefined) yield* book.record(accountId, main, main)
    return owned?.person ?? main
  })

const makeChangeNumber = (book: AddressBook, link: Link, resolve: ReturnType<typeof makeResolve>) => {
  /** Whether the number was the person's at that time, of whom the event tells. */
  const isMeant = Effect.fnUntraced(function* (
    accountId: string,
    { at, live }: Pick<NumberChangedFact, 'at' | 'live'>,
    { alt, jid }: Address
  ) {
    const owner = yield* book.owned(accountId, jid)
    if (owner === undefined || alt !== undefined || isLidJid(jid)) return true
    const hasLid = (yield* book.lidsOf(accountId, owner.person)).length > 0
    return !hasLid || (owner.since <= at && (live || owner.since > UNDATED))
  })

  /** Takes the new number from somebody else who had it; `undefined` when a later report says that it is still theirs. */
  const takeNumber = Effect.fnUntraced(function* (
    accountId: string,
    person: string,
    to: Address,
    at: number
  ) {
    const told = pairOf(to, at)
    const [lidJid] = yield* book.lidsOf(accountId, person)
    if (told !== undefined) yield* link(accountId, told, to.jid)
    else if (isPhoneJid(to.jid) && lidJid !== undefined) {
      const owner = yield* book.owned(accountId, to.jid)
      const isSomebodys =
        owner !== undefined &&
        owner.person !== person &&
        (yield* book.lidsOf(accountId, owner.person)).length > 0
      if (isSomebodys && !isLater(at, owner.since)) return undefined
      if (isSomebodys) yield* link(accountId, { phoneJid: to.jid, lidJid, at }, to.jid)
    }
    return yield* resolve(accountId, to)
  })

  return Effect.fnUntraced(function* (
    accountId: string,
    { from, to, ...when }: Omit<NumberChangedFact, 'kind'>
  ) {
    if (!(yield* isMeant(accountId, when, from)) || !(yield* isMeant(accountId, when, to))) return
    const changed = yield* takeNumber(accountId, yield* resolve(accountId, from), to, when.at)
    if (changed === undefined) return
    const person = yield* resolve(accountId, from)
    if (person !== changed) yield* book.merge(accountId, changed, person)
    const number = yield* book.owned(accountId, to.jid)
    if (isPhoneJid(to.jid) && number?.person === person && isLater(when.at, number.since))
      yield* book.record(accountId, to.jid, person, when.at)
  })
}

/** The same address, unless it is not the person's any more: then the LID, or the number they have now. */
const reachableAddress = (theirs: ReadonlyArray<AddressOfPerson>, jid: string): string | undefined => {
  const asked = theirs.find(one => one.jid === jid)
  const lid = theirs.find(one => isLidJid(one.jid))?.jid
  const [phone] = theirs.filter(one => isPhoneJid(one.jid))
  if (asked === undefined) return theirs.length === 0 ? jid : (lid ?? phone?.jid)
  const isOutdated = isPhoneJid(jid) && phone !== undefined && phone.since > asked.since
  return isOutdated ? phone.jid : jid
}

const makeIdentity = (context: MergeContext, memory: KnownPersons): Identity['Service'] => {
  const { sql } = context
  const book = makeAddressBook(context, memory)
  const link = makeLink(context, book)
  const resolve = makeResolve(book, link)
  const changeNumber = makeChangeNumber(book, link, resolve)
  const joinNumbers = makeJoinNumbers(context, book)
  const failed = asDatabaseError('resolving an address')

  const isLinked = (
    accountId: string,
    { at, lidJid, phoneJid }: Omit<SamePersonFact, 'kind'>,
    isWithinTransaction = true
  ): boolean => {
    const owner = memory.owned(accountId, phoneJid, isWithinTransaction)
    return (
      owner !== undefined &&
      owner.person === memory.owned(accountId, lidJid, isWithinTransaction)?.person &&
      at < owner.since + NOTED_EVERY_MS
    )
  }

  const known = (accountId: string, { alt, jid }: Address): string | undefined => {
    const person = memory.owned(accountId, jid)?.person
    return alt === undefined || memory.owned(accountId, alt)?.person === person ? person : undefined
  }

  return {
    resolve: (accountId, address) => resolve(accountId, address).pipe(joinTransaction(sql), failed),
    resolveAll: Effect.fnUntraced(function* (accountId: string, addresses: ReadonlyArray<Address>) {
      const single = addresses.filter(address => pairOf(address, UNDATED) === undefined)
      yield* book.meet(
        accountId,
        single.map(({ jid }) => jid)
      )
      return yield* Effect.forEach(addresses, address => {
        const person = known(accountId, address)
        return person === undefined ? resolve(accountId, address) : Effect.succeed(person)
      })
    }, failed),
    find: (accountId, jid) => Effect.map(book.owned(accountId, jid), owned => owned?.person).pipe(failed),
    known,
    link: (accountId, fact) => link(accountId, fact, fact.phoneJid).pipe(joinTransaction(sql), failed),
    isLinked: (accountId, fact) => isLinked(accountId, fact),
    linkedAmong: Effect.fnUntraced(function* (accountId: string, facts: ReadonlyArray<SamePersonFact>) {
      yield* book.recall(
        accountId,
        facts.flatMap(({ lidJid, phoneJid }) => [phoneJid, lidJid])
      )
      const isWithin = yield* book.seesUnfinished(accountId)
      return facts.filter(fact => isLinked(accountId, fact, isWithin))
    }, failed),
    changeNumber: (accountId, fact) => changeNumber(accountId, fact).pipe(joinTransaction(sql), failed),
    joinNumbers: (accountId, fact) => joinNumbers(accountId, fact).pipe(failed),
    lidsOf: (accountId, person) => book.lidsOf(accountId, person).pipe(failed),
    numberOf: (accountId, person) =>
      addressesOfPerson(sql, accountId, person).pipe(
        Effect.map(theirs => theirs.find(({ jid }) => isPhoneJid(jid))?.jid),
        failed
      ),
    reachable: (accountId, person, jid) =>
      addressesOfPerson(sql, accountId, person).pipe(
        Effect.map(theirs => reachableAddress(theirs, jid)),
        failed
      ),
    forget: book.forget
  }
}
