// The proxies of accounts, sealed at rest: their addresses may hold credentials.
import { Context, Effect, Layer } from 'effect'
import { SqlClient } from 'effect/sql'
import { asDatabaseError, type DatabaseError } from '../database/error.ts'
import { Seal } from './seal.ts'
import type { VaultError } from './vault.ts'

export class Proxies extends Context.Service<
  Proxies,
  {
    /** The address of the account's own proxy, credentials included; `undefined` when it has none. */
    readonly read: (accountId: string) => Effect.Effect<string | undefined, VaultError>
    /** Sets the account's own proxy, or removes it (`null`). */
    readonly write: (accountId: string, address: string | null) => Effect.Effect<void, DatabaseError>
  }
>()('backscroll/services/vault/Proxies') {
  static readonly layer: Layer.Layer<Proxies, never, Seal | SqlClient.SqlClient> = Layer.effect(
    Proxies,
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const seal = yield* Seal
      return Proxies.of({ read: read(sql, seal), write: write(sql, seal) })
    })
  )
}

const asProxyError = asDatabaseError('the proxies of accounts')

/** What a sealed value is: the seal opens it as nothing else. */
const labelOf = (accountId: string) => `proxy ${accountId}`

const read = (sql: SqlClient.SqlClient, seal: Seal['Service']) =>
  Effect.fnUntraced(function* (accountId: string) {
    const [row] = yield* sql<{ sealed: Uint8Array }>`
      SELECT sealed FROM vault_proxies WHERE account_id = ${accountId}`
    if (row === undefined) return undefined
    return (yield* seal.open(labelOf(accountId), row.sealed)).toString('utf8')
  }, asProxyError)

const write = (sql: SqlClient.SqlClient, seal: Seal['Service']) =>
  Effect.fnUntraced(function* (accountId: string, address: string | null) {
    yield* address === null
      ? sql`DELETE FROM vault_proxies WHERE account_id = ${accountId}`
      : sql`INSERT INTO vault_proxies (account_id, sealed)
          VALUES (${accountId}, ${seal.close(labelOf(accountId), Buffer.from(address))})
          ON CONFLICT (account_id) DO UPDATE SET sealed = excluded.sealed`
  }, asProxyError)
