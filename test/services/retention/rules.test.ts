// Nothing is written of conversations that go while their old messages are removed.
import { Effect, Layer } from 'effect'
import { SqlClient } from 'effect/sql'
import { expect, test } from 'vitest'
import { newAccount } from '../../../src/domain/account.ts'
import { AuditLog } from '../../../src/services/access/audit-log.ts'
import { AccountStore } from '../../../src/services/conversations/account-store.ts'
import { Transaction } from '../../../src/services/database/transaction.ts'
import type { Ingest } from '../../../src/services/intake/ingest.ts'
import { LiveTraffic } from '../../../src/services/journal/traffic.ts'
import { RULES } from '../../../src/services/retention/rules.ts'
import { ACCOUNT, ANN, ANN_LID, apply, message, T0 } from '../conversations/facts.ts'
import { onDatabase } from '../database.ts'
import { NO_MEDIA } from '../no-media.ts'

const NEEDED = Layer.mergeAll(Transaction.layer, AuditLog.layer.pipe(Layer.orDie), NO_MEDIA)

/** The conversations of which coverage is noted, after `meanwhile` came between the list of conversations and the removal. */
const notedAfter = <R extends AccountStore | Ingest>(meanwhile: Effect.Effect<void, unknown, R>) =>
  onDatabase(
    Effect.gen(function* () {
      const accounts = yield* AccountStore
      const sql = yield* SqlClient.SqlClient
      const traffic = yield* LiveTraffic
      yield* accounts.create(newAccount({ accountId: ACCOUNT, name: 'Shop', createdAt: 1 }))
      yield* apply(message('A', { live: false }))
      yield* apply(message('B', { chat: { jid: ANN_LID }, sender: { jid: ANN_LID }, live: false }))
      const context = yield* Effect.context<R>()
      let left = Effect.orDie(Effect.provideContext(meanwhile, context))
      // What removes old messages waits for what is live before each step.
      const quiet = () =>
        Effect.suspend(() => {
          const now = left
          left = Effect.void
          return now
        })
      yield* RULES.messages
        .remove(T0 + 1, () => undefined)
        .pipe(Effect.provideService(LiveTraffic, { ...traffic, quiet }))
      return yield* sql`SELECT thread_id FROM coverage c
        WHERE NOT EXISTS (SELECT 1 FROM threads t WHERE t.thread_id = c.thread_id)`
    }).pipe(Effect.provide(NEEDED))
  )

test('of an account that is removed', async () => {
  expect(await notedAfter(AccountStore.use(accounts => accounts.remove(ACCOUNT)))).toEqual([])
})

test('of two conversations that become one', async () => {
  const one = apply({ kind: 'samePerson', phoneJid: ANN, lidJid: ANN_LID, at: 0 })
  expect(await notedAfter(one)).toEqual([])
})
