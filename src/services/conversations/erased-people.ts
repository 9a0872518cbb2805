// Who was erased from an account: hashes of their addresses, by which histories are kept from bringing them back.
import { Clock, Context, Effect, Layer } from 'effect'
import { SqlClient } from 'effect/sql'
import { isLidJid } from '../../domain/jid.ts'
import { type ErasedPerson, withoutErased } from '../../domain/erased-facts.ts'
import type { Address, Fact } from '../../domain/fact.ts'
import { asDatabaseError, type DatabaseError } from '../database/error.ts'
import { Pseudonyms } from '../vault/pseudonyms.ts'

export class ErasedPeople extends Context.Service<
  ErasedPeople,
  {
    /** The facts without what is not to be stored again; joins the transaction that stores them. */
    readonly admit: (
      accountId: string,
      facts: ReadonlyArray<Fact>
    ) => Effect.Effect<ReadonlyArray<Fact>, DatabaseError>
    /** From now on, nothing that they did until `at` (milliseconds since 1970) is stored. */
    readonly add: (
      accountId: string,
      addresses: ReadonlyArray<string>,
      at: number
    ) => Effect.Effect<void, DatabaseError>
    /** The same of further addresses of somebody; what is known of them by now is kept. */
    readonly addAlso: (
      accountId: string,
      addresses: ReadonlyArray<string>,
      at: number
    ) => Effect.Effect<void, DatabaseError>
    /** Whether something newer has come from somebody who was erased, or was sent to them. */
    readonly hasReturned: (
      accountId: string,
      addresses: ReadonlyArray<string>
    ) => Effect.Effect<boolean, DatabaseError>
    /** Whether an address is of somebody who was erased and has not been heard of since. */
    readonly isAbsent: (accountId: string, address: Address) => Effect.Effect<boolean, DatabaseError>
    /** By what an address is known. */
    readonly hashOf: (accountId: string, jid: string) => string
  }
>()('backscroll/services/conversations/ErasedPeople') {
  static readonly layer: Layer.Layer<ErasedPeople, never, SqlClient.SqlClient | Pseudonyms> = Layer.effect(
    ErasedPeople,
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const pseudonyms = yield* Pseudonyms
      const hashOf = (accountId: string, jid: string) => pseudonyms.of(`${accountId} ${jid}`)
      return ErasedPeople.of({
        admit: (accountId, facts) =>
          admit(sql, jid => hashOf(accountId, jid), accountId, facts).pipe(
            asDatabaseError('looking for erased people')
          ),
        add: (accountId, addresses, at) =>
          Effect.forEach(
            addresses,
            jid =>
              put(sql, accountId, {
                addressHash: hashOf(accountId, jid),
                erasedAt: at,
                returnedAt: null,
                lidKnown: addresses.some(isLidJid) ? 1 : 0
              }),
            { discard: true }
          ).pipe(asDatabaseError('noting who was erased')),
        addAlso: (accountId, addresses, at) =>
          Effect.forEach(
            addresses,
            jid => sql`INSERT INTO erased_people (account_id, address_hash, erased_at, lid_known)
              VALUES (${accountId}, ${hashOf(accountId, jid)}, ${at}, ${addresses.some(isLidJid)})
              ON CONFLICT (account_id, address_hash) DO UPDATE SET lid_known = excluded.lid_known`,
            { discard: true }
          ).pipe(asDatabaseError('noting who was erased')),
        hasReturned: (accountId, addresses) =>
          Effect.map(
            sql`SELECT 1 FROM erased_people WHERE account_id = ${accountId} AND returned_at IS NOT NULL
              AND address_hash IN ${sql.in(addresses.map(jid => hashOf(accountId, jid)))}`,
            rows => rows.length > 0
          ).pipe(asDatabaseError('looking for erased people')),
        isAbsent: (accountId, { alt, jid }) =>
          Effect.map(
            sql`SELECT 1 FROM erased_people WHERE account_id = ${accountId} AND returned_at IS NULL
              AND address_hash IN ${sql.in([jid, ...(alt === undefined ? [] : [alt])].map(one => hashOf(accountId, one)))}`,
            rows => rows.length > 0
          ).pipe(asDatabaseError('looking for erased people')),
        hashOf
      })
    })
  )
}

interface Row {
  readonly addressHash: string
  readonly erasedAt: number
  readonly returnedAt: number | null
  readonly lidKnown: number
}

const put = (sql: SqlClient.SqlClient, accountId: string, row: Row) =>
  sql`INSERT INTO erased_people (account_id, address_hash, erased_at, returned_at, lid_known)
    VALUES (${accountId}, ${row.addressHash}, ${row.erasedAt}, ${row.returnedAt}, ${row.lidKnown})
    ON CONFLICT (account_id, address_hash) DO UPDATE SET erased_at = excluded.erased_at, returned_at = excluded.returned_at,
      lid_known = excluded.lid_known`

const admit = Effect.fnUntraced(function* (
  sql: SqlClient.SqlClient,
  hashOf: (jid: string) => string,
  accountId: string,
  facts: ReadonlyArray<Fact>
) {
  const rows = yield* sql<Row>`SELECT address_hash, erased_at, returned_at, lid_known FROM erased_people
    WHERE account_id = ${accountId}`
  if (rows.length === 0) return facts
  const byHash = new Map(rows.map(row => [row.addressHash, row]))
  const hashes = new Map<string, string>()
  const hashed = (jid: string): string => {
    const known = hashes.get(jid) ?? hashOf(jid)
    hashes.set(jid, known)
    return known
  }
  const erased = (jid: string): ErasedPerson | undefined => {
    const row = byHash.get(hashed(jid))
    return (
      row && { erasedAt: row.erasedAt, hasReturned: row.returnedAt !== null, isLidKnown: row.lidKnown === 1 }
    )
  }
  const { facts: kept, learned, returned } = withoutErased(facts, erased)
  const now = yield* Clock.currentTimeMillis
  for (const { jid, of } of learned) {
    const row = byHash.get(hashed(of))
    if (row === undefined) continue
    const lidKnown = isLidJid(jid) || isLidJid(of) ? 1 : row.lidKnown
    for (const addressHash of [hashed(jid), row.addressHash])
      yield* put(sql, accountId, { ...row, addressHash, lidKnown })
  }
  for (const jid of returned)
    yield* sql`UPDATE erased_people SET returned_at = ${now}
      WHERE account_id = ${accountId} AND address_hash = ${hashed(jid)} AND returned_at IS NULL`
  return kept
})
