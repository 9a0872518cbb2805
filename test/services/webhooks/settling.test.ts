// What is removed while a delivery is on its way is not written down again with what became of it.
import { Deferred, Effect, Exit, Fiber, Layer } from 'effect'
import { SqlClient } from 'effect/sql'
import { expect, test } from 'vitest'
import { newAccount } from '../../../src/domain/account.ts'
import { AccountStore } from '../../../src/services/conversations/account-store.ts'
import { PersonalMessages } from '../../../src/services/conversations/personal-messages.ts'
import { Transaction } from '../../../src/services/database/transaction.ts'
import { runningErasures } from '../../../src/services/personal-data/erasure-rows.ts'
import { begin } from '../../../src/services/personal-data/erasures.ts'
import { erase } from '../../../src/services/personal-data/erasing.ts'
import { Webhooks } from '../../../src/services/webhooks/webhooks.ts'
import { ACCOUNT, ANN, apply } from '../conversations/facts.ts'
import { created, from, onWebhooks, pass, type Services } from './passes.ts'
import { Receiver } from './receiver.ts'

const OTHER = 'acc-2'

const PERSONAL = PersonalMessages.layer.pipe(Layer.provideMerge(Transaction.layer), Layer.orDie)
type Personal = Layer.Success<typeof PERSONAL>

/** What is written of webhooks after the server refused a message, with what it was sent, and something was done before it answered. */
const writtenAfter = async (
  meanwhile: (webhookId: string) => Effect.Effect<unknown, unknown, Services | Personal>
) => {
  await using receiver = await Receiver.open()
  const isAsked = Deferred.makeUnsafe<() => void>()
  receiver.behave = ({ body }, response) =>
    Deferred.doneUnsafe(
      isAsked,
      Exit.succeed(() => void response.writeHead(500).end(body))
    )
  return await onWebhooks(
    Effect.gen(function* () {
      const accounts = yield* AccountStore
      const sql = yield* SqlClient.SqlClient
      for (const accountId of [ACCOUNT, OTHER])
        yield* accounts.create(newAccount({ accountId, name: 'Shop', createdAt: 1 }))
      const webhookId = yield* created(receiver.url)
      yield* apply(from(ANN, 'zanzibar'))
      const passing = yield* Effect.forkChild(pass(webhookId))
      const answer = yield* Deferred.await(isAsked)
      yield* meanwhile(webhookId)
      answer()
      yield* Fiber.join(passing)
      return {
        lanes: yield* sql`SELECT account_id, attempts FROM webhook_lanes`,
        deliveries: yield* sql`SELECT account_id, status, answer FROM webhook_deliveries`
      }
    }).pipe(Effect.provide(PERSONAL))
  )
}

test('of an account that was removed', async () => {
  const written = await writtenAfter(() => AccountStore.use(accounts => accounts.remove(ACCOUNT)))
  expect(written).toEqual({ lanes: [], deliveries: [] })
})

test('of a webhook that was deleted', async () => {
  const written = await writtenAfter(webhookId => Webhooks.use(webhooks => webhooks.delete(webhookId)))
  expect(written).toEqual({ lanes: [], deliveries: [] })
})

test('of a person who was erased: what the server answered', async () => {
  const { deliveries } = await writtenAfter(() =>
    Effect.gen(function* () {
      yield* begin(ACCOUNT, ANN)
      for (const row of yield* runningErasures(yield* SqlClient.SqlClient)) yield* erase(row)
    })
  )
  expect(deliveries).toEqual([{ accountId: ACCOUNT, status: 500, answer: null }])
})

test('of another account, it is', async () => {
  const { deliveries, lanes } = await writtenAfter(() => AccountStore.use(accounts => accounts.remove(OTHER)))
  expect(lanes).toEqual([{ accountId: ACCOUNT, attempts: 1 }])
  expect(deliveries).toEqual([
    { accountId: ACCOUNT, status: 500, answer: expect.stringContaining('zanzibar') }
  ])
})
