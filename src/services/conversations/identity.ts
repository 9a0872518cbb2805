// One person, one thread: resolves every address to the first known address of its person, once, before
// anything is stored. A person has a phone number JID and a LID; stanzas and chunks use either.
import { Context, Effect, Layer } from 'effect'
import type { SqlClient } from 'effect/sql'
import type { Address } from '../../domain/fact.ts'
import type { SqlBulk } from '../database/bulk.ts'
import { asDatabaseError, type DatabaseError } from '../database/error.ts'
import { Tables } from '../database/tables.ts'
import { AccountMemory } from '../process/account-memory.ts'
import type { EventLog } from '../events/event-log.ts'
import { writeContext } from './sql/context.ts'
import { type MergeContext, mergePeople } from './sql/merge.ts'

export class Identity extends Context.Service<
  Identity,
  {
    /** The first known address of the person to whom the address belongs; an unknown address becomes known. */
    readonly resolve: (accountId: string, address: Address) => Effect.Effect<string, DatabaseError>
    /** The same, of what is remembered: no look at the database. `undefined`: it has to be resolved. */
    readonly known: (accountId: string, address: Address) => string | undefined
    /** Both addresses are one person; threads that existed for both become one. */
    readonly link: (accountId: string, phoneJid: string, lidJid: string) => Effect.Effect<void, DatabaseError>
    /** Drops what is remembered, after a transaction that wrote addresses did not commit. */
    readonly forget: (accountId: string) => Effect.Effect<void>
  }
>()('backscroll/services/conversations/Identity') {
  static readonly layer: Layer.Layer<
    Identity,
    never,
    AccountMemory | SqlClient.SqlClient | SqlBulk | EventLog | Tables
  > = Layer.effect(
    Identity,
    Effect.gen(function* () {
      const tables = yield* Tables
      const memory = yield* AccountMemory
      const known = memory.register('conversations.persons', makeKnownPersons())
      return Identity.of(makeIdentity({ ...(yield* writeContext), tables }, known))
    })
  )
}

const REMEMBERED_ADDRESSES = 50_000

/** What is remembered of accounts: the person of each address. */
const makeKnownPersons = () => {
  const accounts = new Map<string, Map<string, string>>()
  return {
    has: (accountId: string) => accounts.has(accountId),
    delete: (accountId: string) => accounts.delete(accountId),
    person: (accountId: string, jid: string) => accounts.get(accountId)?.get(jid),
    set: (accountId: string, jid: string, person: string) => {
      const known = accounts.get(accountId) ?? new Map<string, string>()
      if (known.size >= REMEMBERED_ADDRESSES && !known.has(jid)) known.clear()
      known.set(jid, person)
      accounts.set(accountId, known)
    }
  }
}

const makeIdentity = (
  context: MergeContext,
  memory: ReturnType<typeof makeKnownPersons>
): Identity['Service'] => {
  const { sql } = context

  const personOf = Effect.fnUntraced(function* (accountId: string, jid: string) {
    const known = memory.person(accountId, jid)
    if (known !== undefined) return known
    const [row] = yield* sql<{ person: string }>`
      SELECT person FROM addresses WHERE account_id = ${accountId} AND jid = ${jid}`
    if (row !== undefined) memory.set(accountId, jid, row.person)
    return row?.person
  })

  const record = Effect.fnUntraced(function* (accountId: string, jid: string, person: string) {
    yield* sql`INSERT INTO addresses (account_id, jid, person) VALUES (${accountId}, ${jid}, ${person})
      ON CONFLICT (account_id, jid) DO UPDATE SET person = excluded.person`
    memory.set(accountId, jid, person)
  })

  const merge = Effect.fnUntraced(function* (accountId: string, from: string, to: string) {
    yield* sql`UPDATE addresses SET person = ${to} WHERE account_id = ${accountId} AND person = ${from}`
    memory.delete(accountId)
    yield* mergePeople(context, accountId, from, to)
  }, sql.withTransaction)

  /** `first` is preferred as the person's name when neither address is known yet. */
  const unite = Effect.fnUntraced(function* (accountId: string, first: string, second: string) {
    const a = yield* personOf(accountId, first)
    const b = yield* personOf(accountId, second)
    if (a === undefined) yield* record(accountId, first, b ?? first)
    if (b === undefined) yield* record(accountId, second, a ?? first)
    if (a !== undefined && b !== undefined && a !== b) yield* merge(accountId, b, a)
    return a ?? b ?? first
  })

  const resolve = Effect.fnUntraced(function* (accountId: string, { alt, jid }: Address) {
    if (alt !== undefined) return yield* unite(accountId, jid, alt)
    const person = yield* personOf(accountId, jid)
    if (person === undefined) yield* record(accountId, jid, jid)
    return person ?? jid
  })

  const failed = asDatabaseError('resolving an address')

  return {
    resolve: (accountId, address) => resolve(accountId, address).pipe(failed),
    known: (accountId, { alt, jid }) => {
      const person = memory.person(accountId, jid)
      return alt === undefined || memory.person(accountId, alt) === person ? person : undefined
    },
    link: (accountId, phoneJid, lidJid) => unite(accountId, phoneJid, lidJid).pipe(Effect.asVoid, failed),
    forget: accountId => Effect.sync(() => memory.delete(accountId))
  }
}
