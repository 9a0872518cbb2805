// What is remembered of an account is what is committed, whoever has changed it.
import { Effect, Exit } from 'effect'
import { SqlClient } from 'effect/sql'
import { expect, test } from 'vitest'
import { AccountStore } from '../../../src/services/conversations/account-store.ts'
import { ACCOUNT } from '../outbox/account.ts'
import { onDatabase } from '../database.ts'

const { accountId } = ACCOUNT
const wanted = AccountStore.use(accounts => Effect.map(accounts.read(accountId), found => found?.wanted))
const want = (is: boolean) => AccountStore.use(accounts => accounts.update(accountId, { wanted: is }))
const inTransaction = <A, E, R>(work: Effect.Effect<A, E, R>) =>
  SqlClient.SqlClient.use(sql => sql.withTransaction(work))

test('a transaction reads what it has written, and everybody else what is committed', () =>
  onDatabase(
    Effect.gen(function* () {
      const accounts = yield* AccountStore
      yield* accounts.create(ACCOUNT)
      expect(yield* wanted).toBe(true)
      const undone = yield* Effect.exit(
        inTransaction(
          Effect.gen(function* () {
            yield* want(false)
            return yield* Effect.fail(yield* wanted)
          })
        )
      )
      expect(undone).toEqual(Exit.fail(false))
      expect(yield* wanted).toBe(true)
      yield* inTransaction(want(false))
      expect(yield* wanted).toBe(false)
      yield* want(true)
      expect(yield* wanted).toBe(true)
      yield* accounts.remove(accountId)
      expect(yield* wanted).toBeUndefined()
    })
  ))

test('what another transaction commits while a record is read is not forgotten', () =>
  onDatabase(
    Effect.gen(function* () {
      const accounts = yield* AccountStore
      yield* accounts.create(ACCOUNT)
      // Reads and changes take turns in every order.
      yield* Effect.forEach(
        Array.from({ length: 60 }, (_, n) => n),
        n => (n % 3 === 0 ? want(n % 2 === 0) : wanted),
        { concurrency: 'unbounded' }
      )
      yield* want(false)
      expect(yield* wanted).toBe(false)
    })
  ))
