// One person, one thread: resolves every address to the address its person was first seen under, once, before
// anything is stored. A person has a phone number JID and a LID; stanzas and chunks use either.
import { Context, Effect, Layer } from 'effect'
import { SqlClient } from 'effect/sql'
import type { Address } from '../../domain/fact.ts'
import { threadIdOf } from '../../domain/ids.ts'
import { Coverage } from '../history/coverage/coverage.ts'
import { asDatabaseError, type DatabaseError } from '../database/error.ts'
import { Store } from './store.ts'

export class Identity extends Context.Service<
  Identity,
  {
    /** The first-seen address of whoever the address belongs to; an unknown one becomes known. */
    readonly resolve: (accountId: string, address: Address) => Effect.Effect<string, DatabaseError>
    /** The same, of what is remembered: no look at the database. `undefined`: it has to be resolved. */
    readonly known: (accountId: string, address: Address) => string | undefined
    /** Both addresses are one person; threads that existed for both become one. */
    readonly link: (accountId: string, phoneJid: string, lidJid: string) => Effect.Effect<void, DatabaseError>
    /** Drops what is remembered, after a transaction that wrote addresses did not commit. */
    readonly forget: (accountId: string) => Effect.Effect<void>
  }
>()('backscroll/services/conversations/Identity') {
  static readonly layer: Layer.Layer<Identity, never, SqlClient.SqlClient | Store | Coverage> = Layer.effect(
    Identity,
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const store = yield* Store
      const coverage = yield* Coverage
      const remembered = new Map<string, Map<string, string>>()

      const memoryOf = (accountId: string): Map<string, string> => {
        const known = remembered.get(accountId)
        if (known !== undefined) return known
        const fresh = new Map<string, string>()
        remembered.set(accountId, fresh)
        return fresh
      }

      const personOf = Effect.fnUntraced(function* (accountId: string, jid: string) {
        const memory = memoryOf(accountId)
        const known = memory.get(jid)
        if (known !== undefined) return known
        const [row] = yield* sql<{ person: string }>`
          SELECT person FROM addresses WHERE account_id = ${accountId} AND jid = ${jid}`
        if (row !== undefined) {
          if (memory.size >= REMEMBERED_ADDRESSES) memory.clear()
          memory.set(jid, row.person)
        }
        return row?.person
      })

      const record = Effect.fnUntraced(function* (accountId: string, jid: string, person: string) {
        yield* sql`INSERT INTO addresses (account_id, jid, person) VALUES (${accountId}, ${jid}, ${person})
          ON CONFLICT (account_id, jid) DO UPDATE SET person = excluded.person`
        memoryOf(accountId).set(jid, person)
      })

      const merge = Effect.fnUntraced(function* (accountId: string, from: string, to: string) {
        yield* sql`UPDATE addresses SET person = ${to} WHERE account_id = ${accountId} AND person = ${from}`
        memoryOf(accountId).clear()
        yield* store.mergePeople(accountId, from, to)
        yield* coverage.merge(accountId, threadIdOf(accountId, from), threadIdOf(accountId, to))
      })

      /** `first` is preferred as the person's name when neither address is known yet. */
      const unite = Effect.fnUntraced(function* (accountId: string, first: string, second: string) {
        const a = yield* personOf(accountId, first)
        const b = yield* personOf(accountId, second)
        if (a === undefined) yield* record(accountId, first, b ?? first)
        if (b === undefined) yield* record(accountId, second, a ?? first)
        if (a !== undefined && b !== undefined && a !== b) yield* merge(accountId, b, a)
        return a ?? b ?? first
      })

      const failed = asDatabaseError('resolving an address')

      return Identity.of({
        resolve: (accountId, { jid, alt }) =>
          Effect.gen(function* () {
            if (alt !== undefined) return yield* unite(accountId, jid, alt)
            const person = yield* personOf(accountId, jid)
            if (person === undefined) yield* record(accountId, jid, jid)
            return person ?? jid
          }).pipe(failed),
        known: (accountId, { alt, jid }) => {
          const memory = remembered.get(accountId)
          const person = memory?.get(jid)
          return alt === undefined || memory?.get(alt) === person ? person : undefined
        },
        link: (accountId, phoneJid, lidJid) => unite(accountId, phoneJid, lidJid).pipe(Effect.asVoid, failed),
        forget: accountId => Effect.sync(() => void remembered.delete(accountId))
      })
    })
  )
}

const REMEMBERED_ADDRESSES = 50_000
