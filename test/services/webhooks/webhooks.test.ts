// What happens to events that are not taken, and what a delivery looks like.
import { Clock, Effect, Fiber } from 'effect'
import { PrometheusMetrics } from 'effect/observability'
import { SqlClient } from 'effect/sql'
import { expect, test } from 'vitest'
import { MISSED_TYPE } from '../../../src/domain/events/server-events.ts'
import type { Fact } from '../../../src/domain/fact.ts'
import { threadIdOf } from '../../../src/domain/ids.ts'
import { isWanted } from '../../../src/domain/webhook.ts'
import { EventLog } from '../../../src/services/events/event-log.ts'
import { Incidents } from '../../../src/services/incidents/incidents.ts'
import { Identity } from '../../../src/services/conversations/identity.ts'
import { addressRefusal } from '../../../src/services/webhooks/address.ts'
import { deliver } from '../../../src/services/webhooks/request.ts'
import { retryDelay } from '../../../src/services/webhooks/retries.ts'
import { isSecret, newSecret, signatureHeaders } from '../../../src/services/webhooks/signature.ts'
import { Webhooks } from '../../../src/services/webhooks/webhooks.ts'
import { ACCOUNT, ANN, ANN_LID, apply, T0 } from '../conversations/facts.ts'
import { created, from, onWebhooks, pass, passNow } from './passes.ts'
import { accept, Receiver } from './receiver.ts'

test('an event that is refused to the end becomes a dead letter; its conversation goes on, and it can be delivered again', async () => {
  await using receiver = await Receiver.open()
  receiver.behave = ({ body }, response) =>
    void response.writeHead(body.includes('poison') ? 400 : 200).end('no')
  await onWebhooks(
    Effect.gen(function* () {
      const webhooks = yield* Webhooks
      const webhookId = yield* created(receiver.url)
      yield* apply(from(ANN, 'poison'), from(ANN, 'next'))
      let attempts = 0
      while ((yield* webhooks.deadLetters(webhookId, 10)).length === 0) {
        yield* pass(webhookId)
        attempts += 1
        expect(receiver.texts).not.toContain('next')
      }
      expect(retryDelay(attempts)).toBeUndefined()
      yield* pass(webhookId)
      expect(receiver.texts.at(-1)).toBe('next')
      expect(yield* webhooks.deadLetters(webhookId, 10)).toMatchObject([
        { attempts, status: 400, reason: 'The server answered 400 Bad Request', answer: 'no' }
      ])
      const incidents = yield* Incidents
      const told = yield* incidents.list({ limit: 10 })
      expect(told).toMatchObject([{ kind: 'webhook.deadLetter', subject: webhookId, resolvedAt: null }])
      expect(JSON.stringify(told)).not.toContain('"no"')

      receiver.behave = (_, response) => void response.writeHead(200).end()
      const before = receiver.received.length
      expect(yield* webhooks.replayDeadLetters(webhookId)).toBe(1)
      yield* pass(webhookId)
      expect(receiver.texts.slice(before)).toEqual(['poison', 'next'])
      expect(yield* webhooks.deadLetters(webhookId, 10)).toEqual([])
      expect(yield* incidents.list({ limit: 10 })).toMatchObject([{ resolvedAt: expect.any(Number) }])
    })
  )
})

test('a server that is away is asked a few times, not for every conversation; everything comes in order once it is back', async () => {
  await using receiver = await Receiver.open()
  receiver.behave = (_, response) => void response.destroy()
  const people = Array.from({ length: 30 }, (_, n) => `49${1000 + n}@s.whatsapp.net`)
  await onWebhooks(
    Effect.gen(function* () {
      const webhooks = yield* Webhooks
      const webhookId = yield* created(receiver.url)
      const health = { failures: 0 }
      yield* apply(...people.flatMap((jid, n) => [from(jid, `${n} first`), from(jid, `${n} second`)]))
      yield* pass(webhookId, health)
      // Eight at a time were on their way when the third one failed.
      expect(receiver.received.length).toBeLessThanOrEqual(10)
      yield* pass(webhookId, health)
      expect(receiver.received.length).toBeLessThanOrEqual(11)

      receiver.behave = (_, response) => void response.writeHead(200).end()
      receiver.received.splice(0)
      for (let n = 0; n < 10; n += 1) yield* pass(webhookId, health)
      for (let n = 0; n < people.length; n += 1)
        expect(receiver.texts.filter(text => text?.startsWith(`${n} `))).toEqual([
          `${n} first`,
          `${n} second`
        ])
      expect(yield* webhooks.read(webhookId)).toMatchObject({ waiting: 0, failingLanes: 0 })
    })
  )
})

test('what is about no conversation, and was given up, can be delivered again', async () => {
  await using receiver = await Receiver.open()
  receiver.behave = (_, response) => void response.writeHead(400).end()
  await onWebhooks(
    Effect.gen(function* () {
      const webhooks = yield* Webhooks
      const webhookId = yield* created(receiver.url)
      yield* EventLog.use(log => log.noteLost(T0))
      while ((yield* webhooks.deadLetters(webhookId, 10)).length === 0) yield* pass(webhookId)
      receiver.behave = (_, response) => void response.writeHead(200).end()
      receiver.received.splice(0)
      expect(yield* webhooks.replayDeadLetters(webhookId)).toBe(1)
      yield* pass(webhookId)
      expect(receiver.received.map(({ event }) => event.type)).toEqual([MISSED_TYPE])
    })
  )
})

test('what waits of two conversations that turn out to be one is delivered', async () => {
  await using receiver = await Receiver.open()
  receiver.behave = (_, response) => void response.writeHead(503, { 'retry-after': '3600' }).end()
  await onWebhooks(
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const webhookId = yield* created(receiver.url)
      yield* apply(from(ANN, 'by number'), from(ANN_LID, 'by LID'))
      yield* pass(webhookId)
      const [wish] = yield* sql<{
        left: number
      }>`SELECT MIN(next_at) - ${Date.now()} AS left FROM webhook_lanes`
      expect(wish!.left).toBeGreaterThan(3_000_000)
      const identity = yield* Identity
      yield* sql.withTransaction(identity.link(ACCOUNT, { phoneJid: ANN, lidJid: ANN_LID, at: T0 }))
      const lanes = yield* sql<{ threadId: string }>`SELECT thread_id FROM webhook_lanes`
      expect(lanes.map(({ threadId }) => threadId)).toEqual([threadIdOf(ACCOUNT, ANN)])

      receiver.behave = (_, response) => void response.writeHead(200).end()
      receiver.received.splice(0)
      yield* pass(webhookId)
      expect(receiver.texts).toEqual(['by number', 'by LID'])
    })
  )
})

test('a replay of what came later takes nothing from a conversation that waits', async () => {
  await using receiver = await Receiver.open()
  receiver.behave = (_, response) => void response.writeHead(500).end()
  await onWebhooks(
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const webhooks = yield* Webhooks
      const webhookId = yield* created(receiver.url)
      yield* apply(from(ANN, 'waits'))
      yield* apply(from(ANN, 'came later'))
      yield* sql`UPDATE events SET at = event_id`
      const [later] = yield* sql<{
        at: number
      }>`SELECT MAX(at) AS at FROM events WHERE kind = 'message.stored'`
      yield* pass(webhookId)
      expect(yield* webhooks.replay(webhookId, { since: later!.at, types: [] })).toBeGreaterThan(0)

      // The lane is not due yet when the replay comes to it.
      yield* passNow(webhookId)
      receiver.behave = (_, response) => void response.writeHead(200).end()
      receiver.received.splice(0)
      yield* pass(webhookId)
      expect(receiver.texts).toEqual(['waits', 'came later'])
    })
  )
})

/** Ann has deleted her message. */
const revoked = (whatsAppId: string): Fact => ({
  kind: 'change',
  chat: { jid: ANN },
  target: { sender: { jid: ANN }, whatsAppId },
  by: { jid: ANN },
  change: { to: 'revoked', at: T0 + 1 }
})

test('an event tells a message as it is when it is delivered: nothing that was deleted since', async () => {
  await using receiver = await Receiver.open()
  await onWebhooks(
    Effect.gen(function* () {
      const webhookId = yield* created(receiver.url)
      yield* apply(from(ANN, 'a slip'))
      yield* apply(revoked('a slip'))
      yield* pass(webhookId)
      expect(receiver.received).toHaveLength(1)
      expect(receiver.received[0]!.event.data).toMatchObject({ message: { type: 'revoked', body: null } })
    })
  )
})

test('while a server takes its time with an event, the next one becomes what it is by then', async () => {
  await using receiver = await Receiver.open()
  const asked = Promise.withResolvers<() => void>()
  receiver.behave = (_, response) => asked.resolve(() => void response.writeHead(204).end())
  let ahead = 0n
  await onWebhooks(
    Effect.gen(function* () {
      const clock = yield* Clock.Clock
      const elapsed = () => clock.monotonicTimeNanosUnsafe() + ahead
      const later: Clock.Clock = {
        currentTimeMillisUnsafe: () => clock.currentTimeMillisUnsafe(),
        currentTimeMillis: clock.currentTimeMillis,
        currentTimeNanosUnsafe: () => clock.currentTimeNanosUnsafe(),
        currentTimeNanos: clock.currentTimeNanos,
        monotonicTimeNanosUnsafe: elapsed,
        monotonicTimeNanos: Effect.sync(elapsed),
        sleep: duration => clock.sleep(duration)
      }
      const webhookId = yield* created(receiver.url)
      yield* apply(from(ANN, 'first'), from(ANN, 'a slip'))
      const passing = yield* Effect.forkChild(Effect.provideService(pass(webhookId), Clock.Clock, later))
      const answer = yield* Effect.promise(() => asked.promise)
      yield* apply(revoked('a slip'))
      ahead = 60_000_000_000n
      receiver.behave = accept
      answer()
      yield* Fiber.join(passing)
      expect(receiver.received).toHaveLength(2)
      expect(receiver.received[1]!.event.data).toMatchObject({ message: { type: 'revoked', body: null } })
    })
  )
})

test('addresses of private networks are refused, by name and by number', async () => {
  await using receiver = await Receiver.open()
  for (const url of [receiver.url, receiver.url.replace('127.0.0.1', 'localhost')]) {
    const answer = await Effect.runPromise(
      deliver({ url, headers: {}, body: '{}', allowPrivateAddresses: false })
    )
    expect(answer).toMatchObject({ status: null, reason: expect.stringContaining('private network') })
  }
  expect(receiver.received).toEqual([])
})

test('addresses that name a private network are known before anything is delivered, however they are written', () => {
  const isRefused = (url: string): boolean => addressRefusal(url, false) !== undefined
  for (const host of [
    '127.0.0.1',
    '127.1',
    '2130706433',
    '0x7f.1',
    '10.1.2.3',
    '172.16.0.1',
    '192.168.1.1',
    '169.254.169.254',
    '100.64.0.1',
    '0.0.0.0',
    '[::1]',
    '[::]',
    '[fe80::1]',
    '[fc00::1]',
    '[::ffff:127.0.0.1]',
    'localhost',
    'LOCALHOST',
    'a.localhost',
    'localhost.'
  ])
    expect([host, isRefused(`http://${host}:8080/hook`)]).toEqual([host, true])
  for (const host of ['example.com', '8.8.8.8', '[2606:4700::1111]', 'localhost.example.com', 'notlocalhost'])
    expect([host, isRefused(`https://${host}/hook`)]).toEqual([host, false])
  expect(addressRefusal('http://127.0.0.1', false)).toContain('WEBHOOK_URL_PRIVATE')
  expect(addressRefusal('http://10.0.0.1', true)).toBeUndefined()
})

test('signatures are those of the example of Standard Webhooks', () => {
  const signed = {
    messageId: 'msg_p5jXN8AQM9LWM0D4loKWxJek',
    timestamp: 1_614_265_330,
    body: '{"test": 2432232314}'
  }
  expect(signatureHeaders(['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'], signed)).toEqual({
    'webhook-id': signed.messageId,
    'webhook-timestamp': '1614265330',
    'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE='
  })
  expect([newSecret(), 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'].every(isSecret)).toBe(true)
  expect(['', 'MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', 'whsec_c2hvcnQ=', 'whsec_%%'].some(isSecret)).toBe(false)
})

test('types are wanted by their names or by their kind', () => {
  expect([[], ['message.*'], ['message.stored']].every(types => isWanted(types, 'message.stored'))).toBe(true)
  expect(
    [['thread.*'], ['message.status'], ['message.']].some(types => isWanted(types, 'message.stored'))
  ).toBe(false)
})

test('how far deliveries are behind is measured', async () => {
  await using receiver = await Receiver.open()
  await onWebhooks(
    Effect.gen(function* () {
      const webhooks = yield* Webhooks
      const sql = yield* SqlClient.SqlClient
      const lag = Effect.gen(function* () {
        yield* webhooks.measureLag
        const text = yield* PrometheusMetrics.format()
        return Number(/^backscroll_webhook_lag_seconds (.*)$/m.exec(text)?.[1])
      })
      const webhookId = yield* created(receiver.url)
      yield* apply(from(ANN, 'waits'))
      yield* sql`UPDATE events SET at = at - 60000`
      expect(yield* lag).toBeGreaterThanOrEqual(60)
      yield* passNow(webhookId)
      expect(yield* lag).toBe(0)

      // A batch that is not full yet waits as it should.
      const batch = { maxEvents: 10, maxWaitMs: 30_000 }
      const batched = yield* created(receiver.url, { batch })
      yield* apply(from(ANN, 'waits for others'))
      yield* passNow(webhookId)
      yield* sql`UPDATE events SET at = at - 20000`
      expect(yield* lag).toBe(0)
      yield* sql`UPDATE events SET at = at - 60000`
      expect(yield* lag).toBeGreaterThanOrEqual(50)
      yield* passNow(batched)
      expect(yield* lag).toBe(0)
    })
  )
})

test('of more events than are counted at once, all that wait are counted, and since when', async () => {
  await onWebhooks(
    Effect.gen(function* () {
      const webhooks = yield* Webhooks
      const sql = yield* SqlClient.SqlClient
      const webhookId = yield* created('http://127.0.0.1/')
      // Every third is wanted; the numbers go on far above, as after a restore.
      yield* sql`INSERT INTO events (event_id, account_id, kind, changed, at)
        WITH RECURSIVE some (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM some WHERE n < 45000)
        SELECT CASE WHEN n > 30000 THEN n + 1000000000000 ELSE n END, ${ACCOUNT},
          CASE WHEN n % 3 = 0 THEN 'message.stored' ELSE 'message.status' END, '[]', ${T0} + n FROM some`
      expect(yield* webhooks.read(webhookId)).toMatchObject({ waiting: 15_000, oldestWaitingAt: T0 + 3 })
    })
  )
})
