// Records of accounts as they are stored, kept in memory as long as nobody changes them: whatever is asked for or sent begins with one.
import { Effect, Option } from 'effect'
import type { SqlClient } from 'effect/sql'
import type { AccountRecord } from '../../domain/account.ts'
import type { Remembered, StoredVersions } from '../database/stored-versions.ts'
import { readAccount } from './sql/accounts.ts'

/** What another thread has changed is read again. */
const nameOf = (accountId: string): string => `account ${accountId}`

export const makeAccountRecords = (sql: SqlClient.SqlClient, versions: StoredVersions['Service']) => {
  const records = new Map<string, { readonly record: AccountRecord; readonly remembered: Remembered }>()
  let changes = 0

  const drop = (accountId: string): void => {
    changes += 1
    records.delete(accountId)
  }

  const learn = Effect.fnUntraced(function* (accountId: string) {
    const before = changes
    const remembered = versions.remember(nameOf(accountId))
    const record = yield* readAccount(sql, accountId)
    // A change that was committed meanwhile may not have been read.
    if (record !== undefined && changes === before) records.set(accountId, { record, remembered })
    return record
  })

  return {
    has: (accountId: string) => records.has(accountId),
    delete: (accountId: string) => records.delete(accountId),
    read: (accountId: string) =>
      Effect.flatMap(Effect.serviceOption(sql.transactionService), running => {
        // A transaction reads what it has written itself.
        if (Option.isSome(running)) return readAccount(sql, accountId)
        const known = records.get(accountId)
        return known?.remembered.holds() === true ? Effect.succeed(known.record) : learn(accountId)
      }),
    /** Within the transaction that changes the record. */
    changed: (accountId: string) =>
      Effect.suspend(() => {
        drop(accountId)
        versions.changed(nameOf(accountId))
        // Until the commit, others read it as it was.
        return sql.afterCommit(Effect.sync(() => drop(accountId)))
      })
  }
}

export type AccountRecords = ReturnType<typeof makeAccountRecords>
