// Erasures are done one after the other; one that cannot go on holds up no other.
import { Effect, Layer } from 'effect'
import { SqlClient } from 'effect/sql'
import { expect, test } from 'vitest'
import { newAccount } from '../../../src/domain/account.ts'
import { AccountStore } from '../../../src/services/conversations/account-store.ts'
import { PersonalMessages } from '../../../src/services/conversations/personal-messages.ts'
import { Transaction } from '../../../src/services/database/transaction.ts'
import { begin, Erasures } from '../../../src/services/personal-data/erasures.ts'
import { ACCOUNT, ANN, apply, message } from '../conversations/facts.ts'
import { onDatabase } from '../database.ts'
import { NO_MEDIA } from '../no-media.ts'

const BOB = '492@s.whatsapp.net'

const PERSONAL = PersonalMessages.layer.pipe(Layer.provideMerge(Transaction.layer), Layer.orDie)

test('one whose seal is broken does not hold up the next', () =>
  onDatabase(
    Effect.gen(function* () {
      const accounts = yield* AccountStore
      const sql = yield* SqlClient.SqlClient
      yield* accounts.create(newAccount({ accountId: ACCOUNT, name: 'Shop', createdAt: 1 }))
      yield* apply(message('A'), message('B', { chat: { jid: BOB }, sender: { jid: BOB } }))
      const { erasureId } = yield* begin(ACCOUNT, ANN)
      yield* sql`UPDATE erasures SET requested_at = requested_at - 1, sealed = ${new Uint8Array(40)}
        WHERE erasure_id = ${erasureId}`
      yield* begin(ACCOUNT, BOB)
      const ids = Effect.map(sql<{ id: string }>`SELECT whatsapp_id AS id FROM messages`, rows =>
        rows.map(({ id }) => id)
      )
      const untilErased = Effect.gen(function* () {
        while ((yield* ids).length > 1) yield* Effect.yieldNow
        return yield* ids
      })
      const left = yield* Effect.provide(untilErased, Erasures.layer.pipe(Layer.provide(NO_MEDIA)))
      expect(left).toEqual(['A'])
    }).pipe(Effect.provide(PERSONAL))
  ))
