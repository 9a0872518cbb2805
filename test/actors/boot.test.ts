// The accounts that are stored when the server starts are started one after the other, as they are when it is their turn.
import { Effect } from 'effect'
import { TestClock } from 'effect/testing'
import { expect, test } from 'vitest'
import { createActor, fromPromise } from 'xstate'
import { startStoredAccounts } from '../../src/actors/boot.ts'
import { newAccount } from '../../src/domain/account.ts'
import { accountMachine } from '../../src/machines/account.ts'
import { supervisorMachine } from '../../src/machines/supervisor.ts'
import { AccountStore } from '../../src/services/conversations/account-store.ts'
import { onDatabase } from '../services/database.ts'

const account = accountMachine.provide({
  actors: { ingest: fromPromise(() => new Promise<void>(() => undefined)) }
})

test('one that was removed before its turn is not started, and one that was changed is started as it is by then', () =>
  onDatabase(
    Effect.gen(function* () {
      const accounts = yield* AccountStore
      const supervisor = createActor(supervisorMachine.provide({ actors: { account } })).start()
      for (const [n, accountId] of ['a', 'b', 'c'].entries()) {
        yield* accounts.create(newAccount({ accountId, name: accountId, createdAt: n }))
        yield* accounts.update(accountId, { jid: `49${n}@s.whatsapp.net`, wanted: true })
      }
      yield* Effect.scoped(
        Effect.gen(function* () {
          yield* startStoredAccounts(accounts, supervisor, 100)
          yield* TestClock.adjust(0)
          expect(Object.keys(supervisor.getSnapshot().children)).toEqual(['a'])
          yield* accounts.remove('b')
          yield* accounts.update('c', { ended: 'loggedOut', wanted: false })
          yield* TestClock.adjust('1 second')
        })
      )
      const { children } = supervisor.getSnapshot()
      expect(Object.keys(children)).toEqual(['a', 'c'])
      expect(children['c']?.getSnapshot().value).toBe('loggedOut')
      supervisor.stop()
    }).pipe(Effect.provide(TestClock.layer()))
  ))
