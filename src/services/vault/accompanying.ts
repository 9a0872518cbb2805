// Writes that are made in the transaction of an account's next change of keys. So the note that a message is being sent is committed
// together with the keys that it is encrypted with, before it leaves; and a received message with the keys that it was decrypted with.
import { Effect } from 'effect'
import type { SqlClient } from 'effect/sql'
import type { AccountMemory } from '../process/account-memory.ts'
import type { DatabaseError } from '../database/error.ts'

/** May be run more than once, if a transaction is rolled back. */
export type AccompanyingWrite = Effect.Effect<void, DatabaseError>

export interface Accompanying {
  /** The returned function takes the write back, if it has not been made. */
  readonly add: (accountId: string, write: AccompanyingWrite) => () => void
  /** This write is made in each of these transactions from now on. */
  readonly addToAll: (write: (accountId: string) => AccompanyingWrite) => void
  /** To be run in the transaction that changes keys; what is committed is not made again. */
  readonly write: (accountId: string) => Effect.Effect<void, DatabaseError>
}

export const makeAccompanying = (
  sql: SqlClient.SqlClient,
  memory: AccountMemory['Service']
): Accompanying => {
  const always: Array<(accountId: string) => AccompanyingWrite> = []
  const waiting = memory.register('vault.accompanying', new Map<string, Set<AccompanyingWrite>>())

  const remove = (accountId: string, write: AccompanyingWrite): void => {
    const writes = waiting.get(accountId)
    writes?.delete(write)
    if (writes?.size === 0) waiting.delete(accountId)
  }

  return {
    add: (accountId, write) => {
      const writes = waiting.get(accountId) ?? new Set()
      waiting.set(accountId, writes.add(write))
      return () => remove(accountId, write)
    },
    addToAll: write => void always.push(write),
    write: accountId =>
      Effect.forEach(
        [
          ...always.map(write => write(accountId)),
          ...[...(waiting.get(accountId) ?? [])].map(write =>
            Effect.andThen(write, sql.afterCommit(Effect.sync(() => remove(accountId, write))))
          )
        ],
        write => write,
        { discard: true }
      )
  }
}
