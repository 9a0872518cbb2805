// What is removed while a delivery is on its way is not written down again with what became of it.
import { Deferred, Effect, Exit, Fiber, Layer } from 'effect'
import { SqlClient } from 'effect/sql'
import { describe, expect, test } from 'vitest'
import { newAccount } from '../../../src/domain/account.ts'
import { AccountStore } from '../../../src/services/conversations/account-store.ts'
import { PersonalMessages } from '../../../src/services/conversations/personal-messages.ts'
import { Transaction } from '../../../src/services/database/transaction.ts'
import { runningErasures } from '../../../src/services/personal-data/erasure-rows.ts'
import { begin } from '../../../src/services/personal-data/erasures.ts'
import { erase } from '../../../src/services/personal-data/erasing.ts'
import { type NewWebhook, Webhooks } from '../../../src/services/webhooks/webhooks.ts'
import { ACCOUNT, ANN, apply, GROUP, message } from '../conversations/facts.ts'
import { BOB, created, from, onWebhooks, pass, passNow, type Services } from './passes.ts'
import { accept, Receiver } from './receiver.ts'

const OTHER = 'acc-2'

const PERSONAL = PersonalMessages.layer.pipe(Layer.provideMerge(Transaction.layer), Layer.orDie)
type Personal = Layer.Success<typeof PERSONAL>

type Meanwhile = (webhookId: string) => Effect.Effect<unknown, unknown, Services | Personal>

const accountRemoved: Meanwhile = () => AccountStore.use(accounts => accounts.remove(ACCOUNT))
const webhookDeleted: Meanwhile = webhookId => Webhooks.use(webhooks => webhooks.delete(webhookId))
const personErased: Meanwhile = () =>
  Effect.gen(function* () {
    yield* begin(ACCOUNT, ANN)
    for (const row of yield* runningErasures(yield* SqlClient.SqlClient)) yield* erase(row)
  })

const CHANGES = [
  { of: 'an account that was removed', meanwhile: accountRemoved },
  { of: 'a webhook that was deleted', meanwhile: webhookDeleted },
  { of: 'a person who was erased', meanwhile: personErased }
]

/** What is written of webhooks after the server refused a message, with what it was sent, and something was done before it answered. */
const writtenAfter = async (meanwhile: Meanwhile, given: Partial<NewWebhook> = {}) => {
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
      const webhookId = yield* created(receiver.url, given)
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

const inGroup = (jid: string, text: string) =>
  message(text, { chat: { jid: GROUP }, sender: { jid }, body: text })

describe.each([
  { how: 'one by one', batch: null },
  { how: 'in batches', batch: { maxEvents: 10, maxWaitMs: 0 } }
])('delivered $how', ({ batch }) => {
  test('what others wrote in the same group after a person who is erased is not lost', async () => {
    await using receiver = await Receiver.open()
    const isAsked = Deferred.makeUnsafe<() => void>()
    receiver.behave = (_, response) =>
      Deferred.doneUnsafe(
        isAsked,
        Exit.succeed(() => void response.writeHead(500).end())
      )
    await onWebhooks(
      Effect.gen(function* () {
        const accounts = yield* AccountStore
        yield* accounts.create(newAccount({ accountId: ACCOUNT, name: 'Shop', createdAt: 1 }))
        const webhookId = yield* created(receiver.url, { batch })
        yield* apply(inGroup(ANN, 'of ann'), inGroup(BOB, 'of bob'))
        const passing = yield* Effect.forkChild(pass(webhookId))
        const answer = yield* Deferred.await(isAsked)
        yield* personErased(webhookId)
        receiver.behave = accept
        receiver.received.splice(0)
        answer()
        yield* Fiber.join(passing)
        for (let n = 0; n < 3; n += 1) yield* pass(webhookId)
      }).pipe(Effect.provide(PERSONAL))
    )
    const delivered = receiver.received.map(({ body }) => body).join()
    expect(delivered).toContain('of bob')
    expect(delivered).not.toContain('of ann')
  })

  test.each(CHANGES)('nothing of $of', async ({ meanwhile }) => {
    expect(await writtenAfter(meanwhile, { batch })).toEqual({ lanes: [], deliveries: [] })
  })
})

test.each(CHANGES)('a replay writes no lane again of $of', async ({ meanwhile }) => {
  await using receiver = await Receiver.open()
  receiver.behave = ({ body }, response) => void response.writeHead(body.includes('of ann') ? 500 : 200).end()
  const lanes = await onWebhooks(
    Effect.gen(function* () {
      const accounts = yield* AccountStore
      const sql = yield* SqlClient.SqlClient
      const webhooks = yield* Webhooks
      yield* accounts.create(newAccount({ accountId: ACCOUNT, name: 'Shop', createdAt: 1 }))
      const webhookId = yield* created(receiver.url)
      yield* apply(from(ANN, 'of ann'), from(BOB, 'of bob'))
      yield* pass(webhookId)
      const waiting = sql`SELECT webhook_id FROM webhook_lanes`
      expect(yield* waiting).toHaveLength(1)
      yield* webhooks.replay(webhookId, { since: 0, types: [] })
      const isAsked = Deferred.makeUnsafe<() => void>()
      receiver.behave = (_, response) =>
        Deferred.doneUnsafe(
          isAsked,
          Exit.succeed(() => void response.writeHead(200).end())
        )
      const passing = yield* Effect.forkChild(passNow(webhookId))
      const answer = yield* Deferred.await(isAsked)
      yield* meanwhile(webhookId)
      answer()
      yield* Fiber.join(passing)
      return yield* waiting
    }).pipe(Effect.provide(PERSONAL))
  )
  expect(lanes).toEqual([])
})

test('of another account, it is', async () => {
  const { deliveries, lanes } = await writtenAfter(() => AccountStore.use(accounts => accounts.remove(OTHER)))
  expect(lanes).toEqual([{ accountId: ACCOUNT, attempts: 1 }])
  expect(deliveries).toEqual([
    { accountId: ACCOUNT, status: 500, answer: expect.stringContaining('zanzibar') }
  ])
})
