// Records of accounts.
import { Context, Effect, Layer } from 'effect'
import { SqlClient } from 'effect/sql'
import type { AccountFacts, AccountRecord } from '../../domain/account.ts'
import { asDatabaseError, type DatabaseError } from '../database/error.ts'
import { joinTransaction } from '../database/transaction.ts'
import { Tables } from '../database/tables.ts'
import type { Counts } from './queries.ts'
import { countsOfAccount, insertAccount, listAccounts, readAccount, updateAccount } from './sql/accounts.ts'

export class AccountStore extends Context.Service<
  AccountStore,
  {
    readonly create: (record: AccountRecord) => Effect.Effect<void, DatabaseError>
    /** The oldest first. */
    readonly list: Effect.Effect<ReadonlyArray<AccountRecord>, DatabaseError>
    readonly read: (accountId: string) => Effect.Effect<AccountRecord | undefined, DatabaseError>
    /** Writes what is given; everything else stays. */
    readonly update: (accountId: string, facts: AccountFacts) => Effect.Effect<void, DatabaseError>
    /** Removes the account and everything that any table has of it. */
    readonly remove: (accountId: string) => Effect.Effect<void, DatabaseError>
    readonly counts: (accountId: string) => Effect.Effect<Counts, DatabaseError>
  }
>()('backscroll/services/conversations/AccountStore') {
  static readonly layer: Layer.Layer<AccountStore, never, SqlClient.SqlClient | Tables> = Layer.effect(
    AccountStore,
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const tables = yield* Tables
      return AccountStore.of({
        create: record => insertAccount(sql, record).pipe(Effect.asVoid, asDatabaseError('createAccount')),
        list: listAccounts(sql).pipe(asDatabaseError('listAccounts')),
        read: accountId => readAccount(sql, accountId).pipe(asDatabaseError('readAccount')),
        update: (accountId, facts) =>
          updateAccount(sql, accountId, facts).pipe(joinTransaction(sql), asDatabaseError('updateAccount')),
        remove: accountId =>
          tables.removeAccount(accountId).pipe(joinTransaction(sql), asDatabaseError('removeAccount')),
        counts: accountId => countsOfAccount(sql, accountId).pipe(asDatabaseError('counts'))
      })
    })
  )
}
