// What waits in lanes is not lost by what happens while a delivery is on its way: an undone settlement, a replay, a merge.
import { Deferred, Effect, Exit, Fiber } from 'effect'
import { SqlClient } from 'effect/sql'
import { expect, test } from 'vitest'
import { threadIdOf } from '../../../src/domain/ids.ts'
import { Identity } from '../../../src/services/conversations/identity.ts'
import { Webhooks } from '../../../src/services/webhooks/webhooks.ts'
import { ACCOUNT, ANN, ANN_LID, apply, T0 } from '../conversations/facts.ts'
import { created, from, onWebhooks, pass, passNow } from './passes.ts'
import { accept, Receiver } from './receiver.ts'

/** The next request is held until what this completes with is called; then it is answered with the status. */
const held = (receiver: Receiver, status: number): Deferred.Deferred<() => void> => {
  const isAsked = Deferred.makeUnsafe<() => void>()
  receiver.behave = (_, response) =>
    Deferred.doneUnsafe(
      isAsked,
      Exit.succeed(() => void response.writeHead(status).end())
    )
  return isAsked
}

test('a settlement that is undone loses nothing: what it had put into lanes is delivered', async () => {
  await using receiver = await Receiver.open()
  receiver.behave = (_, response) => void response.writeHead(500).end()
  await onWebhooks(
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const webhookId = yield* created(receiver.url)
      yield* apply(from(ANN, 'refused'))
      // The commit fails: a deferred constraint, as a full disk would.
      yield* sql`CREATE TABLE parents (id INTEGER PRIMARY KEY)`
      yield* sql`CREATE TABLE children (id INTEGER REFERENCES parents(id) DEFERRABLE INITIALLY DEFERRED)`
      yield* sql`PRAGMA foreign_keys = ON`
      yield* sql`CREATE TRIGGER broken AFTER INSERT ON webhook_lanes BEGIN INSERT INTO children VALUES (1); END`
      const exit = yield* Effect.exit(passNow(webhookId))
      expect(Exit.isFailure(exit)).toBe(true)
      yield* sql`DROP TRIGGER broken`
      expect(yield* sql`SELECT * FROM webhook_lanes`).toEqual([])
      receiver.behave = accept
      receiver.received.splice(0)
      yield* pass(webhookId)
      yield* pass(webhookId)
      yield* apply(from(ANN, 'next'))
      yield* pass(webhookId)
      expect(receiver.texts).toEqual(['refused', 'next'])
    })
  )
})

test('dead letters are delivered again, also when their lane is on its way meanwhile', async () => {
  await using receiver = await Receiver.open()
  receiver.behave = ({ body }, response) => void response.writeHead(body.includes('poison') ? 400 : 200).end()
  await onWebhooks(
    Effect.gen(function* () {
      const webhooks = yield* Webhooks
      const webhookId = yield* created(receiver.url)
      yield* apply(from(ANN, 'poison'))
      while ((yield* webhooks.deadLetters(webhookId, 10)).length === 0) yield* pass(webhookId)
      yield* pass(webhookId)
      // A later event of the conversation waits in its lane.
      receiver.behave = (_, response) => void response.writeHead(500).end()
      yield* apply(from(ANN, 'later'))
      yield* pass(webhookId)
      const isAsked = held(receiver, 200)
      receiver.received.splice(0)
      const passing = yield* Effect.forkChild(pass(webhookId))
      const answer = yield* Deferred.await(isAsked)
      expect(yield* webhooks.replayDeadLetters(webhookId)).toBe(1)
      receiver.behave = accept
      answer()
      yield* Fiber.join(passing)
      yield* pass(webhookId)
      yield* pass(webhookId)
      expect(receiver.texts).toContain('poison')
    })
  )
})

test('of two conversations that become one while the lane of one is on its way, both are delivered', async () => {
  await using receiver = await Receiver.open()
  await onWebhooks(
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const webhookId = yield* created(receiver.url)
      receiver.behave = (_, response) => void response.writeHead(500).end()
      yield* apply(from(ANN_LID, 'by LID'), from(ANN, 'by number'))
      yield* pass(webhookId)
      expect(yield* sql`SELECT thread_id FROM webhook_lanes`).toHaveLength(2)
      // Only the lane of the number is due.
      yield* sql`UPDATE webhook_lanes SET next_at = CASE thread_id WHEN ${threadIdOf(ACCOUNT, ANN)} THEN 0 ELSE ${Date.now() + 1e7} END`
      const isAsked = held(receiver, 200)
      receiver.received.splice(0)
      const passing = yield* Effect.forkChild(passNow(webhookId))
      const answer = yield* Deferred.await(isAsked)
      const identity = yield* Identity
      yield* sql.withTransaction(identity.link(ACCOUNT, { phoneJid: ANN, lidJid: ANN_LID, at: T0 }))
      receiver.behave = accept
      answer()
      yield* Fiber.join(passing)
      yield* pass(webhookId)
      yield* pass(webhookId)
      expect(receiver.texts).toContain('by LID')
    })
  )
})

test('what is refused while its conversation becomes another one waits in the lane of that', async () => {
  await using receiver = await Receiver.open()
  await onWebhooks(
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const webhookId = yield* created(receiver.url)
      yield* apply(from(ANN, 'number'))
      yield* pass(webhookId)
      yield* apply(from(ANN_LID, 'by LID'))
      const isAsked = held(receiver, 500)
      const passing = yield* Effect.forkChild(passNow(webhookId))
      const answer = yield* Deferred.await(isAsked)
      const identity = yield* Identity
      yield* sql.withTransaction(identity.link(ACCOUNT, { phoneJid: ANN, lidJid: ANN_LID, at: T0 }))
      receiver.behave = accept
      receiver.received.splice(0)
      answer()
      yield* Fiber.join(passing)
      for (let n = 0; n < 3; n += 1) yield* pass(webhookId)
      expect(receiver.texts).toContain('by LID')
    })
  )
})
