// Which events an endpoint gets, and what it is told of those that it did not get in time.
import { join } from 'node:path'
import { Deferred, Effect, Fiber } from 'effect'
import { SqlClient } from 'effect/sql'
import { expect, onTestFinished, test } from 'vitest'
import { temporaryFolder } from '../../../harness/server-process.ts'
import { MISSED_TYPE } from '../../../src/domain/events/server-events.ts'
import { threadIdOf } from '../../../src/domain/ids.ts'
import { AccessKeys } from '../../../src/services/access/access-keys.ts'
import { Identity } from '../../../src/services/conversations/identity.ts'
import { BeforePruning, EventLog } from '../../../src/services/events/event-log.ts'
import { Tables } from '../../../src/services/database/tables.ts'
import { Incidents } from '../../../src/services/incidents/incidents.ts'
import { noteMissed } from '../../../src/services/webhooks/missed.ts'
import { Webhooks } from '../../../src/services/webhooks/webhooks.ts'
import { encodedMessage } from '../../../src/services/whatsapp/convert/protobuf.ts'
import { ACCOUNT, ANN, ANN_LID, apply, T0 } from '../conversations/facts.ts'
import { BOB, created, from, onWebhooks, pass, passNow } from './passes.ts'
import { Receiver } from './receiver.ts'

test('a webhook of some threads gets their events only, also once one has become a part of another', async () => {
  await using receiver = await Receiver.open()
  await onWebhooks(
    Effect.gen(function* () {
      const webhooks = yield* Webhooks
      yield* apply(from(ANN_LID, 'made by LID'), from(ANN, 'made by number'))
      const threadIds = [threadIdOf(ACCOUNT, ANN_LID)]
      const webhookId = yield* created(receiver.url, { accountId: ACCOUNT, threadIds })
      yield* apply(from(ANN_LID, 'by LID'), from(ANN, 'by number'), from(BOB, 'somebody else'))
      yield* pass(webhookId)
      expect(receiver.texts).toEqual(['by LID'])

      const sql = yield* SqlClient.SqlClient
      const identity = yield* Identity
      yield* sql.withTransaction(identity.link(ACCOUNT, { phoneJid: ANN, lidJid: ANN_LID, at: T0 }))
      yield* apply(from(ANN, 'one person'), from(BOB, 'somebody else'))
      yield* pass(webhookId)
      expect(receiver.texts).toEqual(['by LID', 'one person'])
      expect(yield* webhooks.read(webhookId)).toMatchObject({
        threadIds: [threadIdOf(ACCOUNT, ANN)],
        waiting: 0
      })
    })
  )
})

/** As the hourly upkeep does it. */
const pruneAll = Effect.gen(function* () {
  const log = yield* EventLog
  const context = yield* Effect.context<AccessKeys | Incidents | SqlClient.SqlClient>()
  const note = (upTo: number) => Effect.provideContext(noteMissed(upTo), context)
  yield* log.removeOld(Date.now() + 60_000, 1000).pipe(Effect.provideService(BeforePruning, note))
})

test('an endpoint that took nothing for as long as events are kept is told what it missed', async () => {
  await using receiver = await Receiver.open()
  await onWebhooks(
    Effect.gen(function* () {
      const webhooks = yield* Webhooks
      const webhookId = yield* created(receiver.url)
      const upToDate = yield* created(receiver.url)
      receiver.behave = ({ body }, response) =>
        void response.writeHead(body.includes('in vain') ? 500 : 200).end()
      yield* apply(from(ANN, 'in vain'))
      yield* pass(webhookId)
      yield* webhooks.change(webhookId, { state: 'paused' })
      yield* apply(from(ANN, 'while paused'), from(BOB, 'while paused too'))
      receiver.behave = (_, response) => void response.writeHead(200).end()
      yield* pass(upToDate)
      yield* pruneAll
      yield* apply(from(ANN, 'later'))
      receiver.received.splice(0)
      yield* webhooks.change(webhookId, { state: 'active' })
      yield* pass(webhookId)
      yield* pass(webhookId)
      yield* pass(upToDate)

      const [missed, ...others] = receiver.received
      expect(missed!.event).toMatchObject({ type: MISSED_TYPE, data: { events: 3 } })
      expect(missed!.event.data).toMatchObject({ after: expect.any(Number), upTo: expect.any(Number) })
      expect(others.map(({ event }) => event.type)).toEqual(['message.stored', 'message.stored'])
      const incidents = yield* Incidents
      const reported = yield* incidents.list({ limit: 10 })
      expect(reported.filter(({ kind }) => kind === 'webhook.eventsMissed')).toMatchObject([
        { subject: webhookId, count: 3, resolvedAt: expect.any(Number) }
      ])
    })
  )
})

test('that the log lacks events is told in their place, whatever is asked for; a replay counts what there is', async () => {
  await using receiver = await Receiver.open()
  await onWebhooks(
    Effect.gen(function* () {
      const webhooks = yield* Webhooks
      const webhookId = yield* created(receiver.url, { accountId: ACCOUNT })
      yield* apply(from(ANN, 'in the copy'))
      yield* EventLog.use(log => log.noteLost(T0))
      yield* apply(from(ANN, 'afterwards'))
      yield* pass(webhookId)
      const told = receiver.received.map(({ event }) => event)
      expect(told.map(({ type }) => type)).toEqual(['message.stored', MISSED_TYPE, 'message.stored'])
      expect(told[1]).toMatchObject({
        id: String((told[1]!.data as { upTo: number }).upTo),
        data: { since: T0, events: null }
      })
      expect(yield* webhooks.replay(webhookId, { since: 0, types: [] })).toBeLessThan(10)
    })
  )
})

test('that the log lacks events waits for each webhook, whatever is asked for, and is told also once it is not kept any more', async () => {
  await using receiver = await Receiver.open()
  receiver.behave = (_, response) => void response.writeHead(500).end()
  await onWebhooks(
    Effect.gen(function* () {
      const webhooks = yield* Webhooks
      const log = yield* EventLog
      yield* apply(from(BOB, 'in the copy'))
      const limits = { accountId: ACCOUNT, types: ['message.stored'], threadIds: [threadIdOf(ACCOUNT, BOB)] }
      const failing = yield* created(receiver.url, limits)
      const paused = yield* created(receiver.url, limits)
      yield* webhooks.change(paused, { state: 'paused' })
      const after = yield* log.newest
      yield* log.noteLost(T0)
      const upTo = yield* log.newest
      yield* apply(from(ANN, 'of another conversation'))
      expect(yield* webhooks.read(failing)).toMatchObject({ waiting: 1 })
      yield* passNow(failing)
      expect(yield* webhooks.read(failing)).toMatchObject({ waiting: 1, failingLanes: 1 })
      expect(yield* webhooks.read(paused)).toMatchObject({ waiting: 1, oldestWaitingAt: expect.any(Number) })

      yield* pruneAll
      receiver.behave = (_, response) => void response.writeHead(200).end()
      yield* webhooks.change(paused, { state: 'active' })
      for (const webhookId of [failing, paused]) {
        receiver.received.splice(0)
        yield* pass(webhookId)
        expect(receiver.received.map(({ event }) => event)).toMatchObject([
          { type: MISSED_TYPE, data: { after, upTo, events: 1 } }
        ])
      }
    })
  )
})

test('of an erased person, nothing is left of what receivers answered, and a webhook of that thread gets no others', async () => {
  await using receiver = await Receiver.open()
  receiver.behave = ({ body }, response) => void response.writeHead(400).end(body)
  await onWebhooks(
    Effect.gen(function* () {
      const webhooks = yield* Webhooks
      const tables = yield* Tables
      yield* apply(from(ANN, 'first'))
      const threadIds = [threadIdOf(ACCOUNT, ANN)]
      const webhookId = yield* created(receiver.url, { accountId: ACCOUNT, threadIds })
      yield* apply(from(ANN, 'echoed'))
      while ((yield* webhooks.deadLetters(webhookId, 10)).length === 0) yield* pass(webhookId)
      const answers = Effect.map(
        Effect.all([webhooks.deliveries(webhookId, 100), webhooks.deadLetters(webhookId, 100)]),
        lists => lists.flat().map(({ answer }) => answer)
      )
      expect((yield* answers).every(answer => answer?.includes('491'))).toBe(true)

      yield* tables.removePerson({ accountId: ACCOUNT, threadIds, addresses: [ANN] })
      expect(new Set(yield* answers)).toEqual(new Set([null]))
      receiver.received.splice(0)
      yield* apply(from(BOB, 'somebody else'))
      for (const change of [{}, { state: 'active' }] as const) {
        yield* webhooks.change(webhookId, change)
        yield* pass(webhookId)
        expect(receiver.received).toEqual([])
        expect(yield* webhooks.read(webhookId)).toMatchObject({
          state: 'disabled',
          reason: expect.stringContaining('erased'),
          waiting: 0
        })
      }
      receiver.behave = (_, response) => void response.writeHead(200).end()
      yield* webhooks.change(webhookId, { state: 'active', threadIds: [] })
      yield* pass(webhookId)
      expect(receiver.texts).toEqual(['somebody else'])
    })
  )
})

/** Makes a change while a transaction is open, whose work comes before what the change writes. */
const during = Effect.fnUntraced(function* <A, B, E, F, R, S>(
  work: Effect.Effect<A, E, R>,
  change: Effect.Effect<B, F, S>
) {
  const sql = yield* SqlClient.SqlClient
  const isDone = yield* Deferred.make<void>()
  const isOver = yield* Deferred.make<void>()
  const open = Effect.andThen(Deferred.succeed(isDone, undefined), Deferred.await(isOver))
  const transaction = yield* Effect.forkChild(sql.withTransaction(Effect.andThen(work, open)))
  yield* Deferred.await(isDone)
  const changing = yield* Effect.forkChild(change)
  // What it reads outside of a transaction is read now, from what was there before.
  for (let turn = 0; turn < 20; turn += 1) yield* Effect.yieldNow
  yield* Deferred.succeed(isOver, undefined)
  yield* Fiber.join(transaction)
  return yield* Fiber.join(changing)
})

const URL = 'http://127.0.0.1/'

test('a change of a webhook undoes nothing that happens to it meanwhile', async () => {
  await using receiver = await Receiver.open()
  const folder = temporaryFolder()
  onTestFinished(() => folder.remove())
  await onWebhooks(
    Effect.gen(function* () {
      const webhooks = yield* Webhooks
      const sql = yield* SqlClient.SqlClient
      const tables = yield* Tables
      const identity = yield* Identity
      yield* apply(from(ANN_LID, 'by LID'), from(ANN, 'by number'), from(BOB, 'another'))
      const lid = threadIdOf(ACCOUNT, ANN_LID)
      const ann = threadIdOf(ACCOUNT, ANN)
      const bob = threadIdOf(ACCOUNT, BOB)
      const of = (...threadIds: ReadonlyArray<string>) => created(URL, { accountId: ACCOUNT, threadIds })

      const ended = yield* created(URL)
      const end = sql`UPDATE webhooks SET state = 'disabled' WHERE webhook_id = ${ended}`
      yield* during(end, webhooks.change(ended, { name: 'ended' }))
      expect(yield* webhooks.read(ended)).toMatchObject({ name: 'ended', state: 'disabled' })
      const gone = Promise.withResolvers<void>()
      const arrived = Promise.withResolvers<void>()
      receiver.behave = (_, response) => {
        arrived.resolve()
        void gone.promise.then(() => response.writeHead(410).end())
      }
      const moved = yield* created(receiver.url)
      yield* apply(from(BOB, 'to the server that is gone'))
      const passing = yield* Effect.forkChild(passNow(moved))
      yield* Effect.promise(() => arrived.promise)
      yield* webhooks.change(moved, { url: `${receiver.url}/elsewhere` })
      gone.resolve()
      yield* Fiber.join(passing)
      expect(yield* webhooks.read(moved)).toMatchObject({ state: 'active', reason: null })
      yield* pass(moved)
      expect(yield* webhooks.read(moved)).toMatchObject({ state: 'disabled' })

      const reform = sql`UPDATE webhooks SET format = 'waha' WHERE webhook_id = ${ended}`
      const refused = webhooks.change(ended, stored => Effect.fail(`no batches of ${stored.format}`))
      expect(yield* during(reform, Effect.flip(refused))).toBe('no batches of waha')

      const rename = sql`UPDATE webhooks SET name = 'renamed' WHERE webhook_id = ${ended}`
      yield* during(rename, webhooks.renewSecret(ended, 60))
      expect(yield* webhooks.read(ended)).toMatchObject({ name: 'renamed' })
      const removal = Effect.forEach(['webhook_threads', 'webhooks'], table => sql`DELETE FROM ${sql(table)}`)
      expect(yield* during(removal, webhooks.change(ended, { name: 'removed' }))).toBeUndefined()
      expect(yield* webhooks.list).toEqual([])

      const merged = yield* of(lid, bob)
      const given = yield* of(bob)
      const link = identity.link(ACCOUNT, { phoneJid: ANN, lidJid: ANN_LID, at: T0 })
      const changes = [
        webhooks.change(merged, { name: 'merged' }),
        webhooks.change(given, { threadIds: [lid, ann] })
      ]
      yield* during(link, Effect.all(changes, { concurrency: 'unbounded' }))
      expect(yield* webhooks.read(merged)).toMatchObject({ threadIds: [ann, bob] })
      expect(yield* webhooks.read(given)).toMatchObject({ threadIds: [ann] })

      const erase = tables.removePerson({ accountId: ACCOUNT, threadIds: [ann], addresses: [ANN] })
      const renewal = webhooks.renewSecret(merged, 60)
      yield* during(erase, Effect.andThen(renewal, webhooks.change(given, { threadIds: [ann] })))
      expect(yield* webhooks.read(merged)).toMatchObject({ threadIds: [bob] })
      yield* passNow(given)
      expect(yield* webhooks.read(given)).toMatchObject({
        threadIds: [],
        state: 'disabled',
        reason: expect.stringContaining('erased')
      })
    }),
    join(folder.path, 'webhooks.db')
  )
})

test('a webhook of a key gets no more than the key may hear, and ends with it', async () => {
  await using receiver = await Receiver.open()
  await onWebhooks(
    Effect.gen(function* () {
      const webhooks = yield* Webhooks
      const keys = yield* AccessKeys
      const { accessKey } = yield* keys.create({
        name: 'operator',
        role: 'operator',
        accounts: [ACCOUNT],
        events: ['message.*'],
        requestsPerMinute: null,
        expiresAt: null
      })
      const { keyId } = accessKey
      const webhookId = yield* created(receiver.url, { accountId: ACCOUNT, types: [], keyId })
      yield* apply(from(ANN, 'heard'))
      expect(yield* webhooks.read(webhookId)).toMatchObject({ waiting: 1 })
      yield* passNow(webhookId)
      expect(receiver.received.map(({ event }) => event.type)).toEqual(['message.stored'])

      yield* keys.change(keyId, { events: ['thread.*'] })
      yield* apply(from(ANN, 'not heard'))
      yield* passNow(webhookId)
      expect(receiver.texts).toEqual(['heard'])

      for (const change of [keys.change(keyId, { role: 'agent' }), keys.remove(keyId)]) {
        yield* webhooks.change(webhookId, { state: 'active' })
        yield* change
        yield* passNow(webhookId)
        expect(yield* webhooks.read(webhookId)).toMatchObject({
          state: 'disabled',
          reason: expect.stringContaining('key')
        })
      }
    })
  )
})

test('in the format of another server, an event is the requests that were asked for of it', async () => {
  await using receiver = await Receiver.open()
  await onWebhooks(
    Effect.gen(function* () {
      const webhooks = yield* Webhooks
      const all = yield* created(receiver.url, { types: [], format: 'waha' })
      const some = yield* created(receiver.url, { format: 'waha', formatEvents: ['message.any'] })
      yield* apply(from(ANN, 'hello'))
      yield* passNow(all)
      yield* passNow(some)
      const bodies = receiver.received.map(({ body }) => JSON.parse(body) as { event: string })
      expect(bodies.map(({ event }) => event)).toEqual(['message', 'message.any', 'message.any'])
      expect(bodies[0]).toMatchObject({ payload: { body: 'hello', from: '491@c.us' } })
      const ids = receiver.received.map(({ headers }) => headers['webhook-id'])
      expect(ids.map(id => id!.replace(/^wh_[0-9a-f]+/, ''))).toEqual([
        expect.stringMatching(/^_\d+_0$/),
        expect.stringMatching(/^_\d+_1$/),
        expect.stringMatching(/^_\d+_1$/)
      ])
      expect(yield* webhooks.test(all)).toMatchObject({ isTaken: true })
      expect(JSON.parse(receiver.received.at(-1)!.body)).toMatchObject({ event: 'webhook.test' })

      const raw = yield* created(receiver.url, { format: 'baileys-raw' })
      const content = { extendedTextMessage: { text: 'https://example.com', title: 'Example' } }
      yield* apply({ ...from(ANN, 'link'), raw: encodedMessage(content) })
      yield* passNow(raw)
      expect(JSON.parse(receiver.received.at(-1)!.body)).toMatchObject({
        event: 'messages.upsert',
        data: { messages: [{ key: { remoteJid: ANN, id: 'link' }, message: content }] }
      })
      yield* passNow(all)
      // The change of the conversation, which this format does not have, does not wait either.
      expect(yield* webhooks.read(all)).toMatchObject({ waiting: 0, failingLanes: 0 })
    })
  )
})
