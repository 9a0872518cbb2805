// Batches: several events in one request, the same ones each time it is made.
import { Effect, Fiber } from 'effect'
import { SqlClient } from 'effect/sql'
import { expect, test } from 'vitest'
import { Incidents } from '../../../src/services/incidents/incidents.ts'
import { MAX_TRIES } from '../../../src/services/webhooks/retries.ts'
import { Webhooks } from '../../../src/services/webhooks/webhooks.ts'
import { ACCOUNT, ANN, apply } from '../conversations/facts.ts'
import { BOB, created, from, onWebhooks, pass, passNow } from './passes.ts'
import { Receiver, textsOf } from './receiver.ts'

const AT_ONCE = { maxEvents: 10, maxWaitMs: 0 }

const subjectsOf = ({ received }: Receiver) =>
  received.flatMap(({ events }) =>
    events.flatMap(({ data }) => ('incident' in data ? [data.incident?.subject] : []))
  )

const idsOf = ({ received }: Receiver) => received.map(({ headers }) => headers['webhook-id'])

test('events come together, in their order; a batch that is not full waits for more', async () => {
  await using receiver = await Receiver.open()
  await onWebhooks(
    Effect.gen(function* () {
      const webhookId = yield* created(receiver.url, { batch: { maxEvents: 3, maxWaitMs: 60_000 } })
      yield* apply(from(ANN, '1'), from(BOB, '2'))
      expect(yield* passNow(webhookId)).toMatchObject({ nextAt: expect.any(Number) })
      expect(receiver.received).toEqual([])
      yield* apply(from(ANN, '3'), from(BOB, '4'))
      expect(yield* passNow(webhookId)).toBe('more')
      expect(receiver.received.map(textsOf)).toEqual([['1', '2', '3']])
      expect(receiver.received[0]!.headers['content-type']).toBe(
        'application/cloudevents-batch+json; charset=utf-8'
      )
      const webhooks = yield* Webhooks
      expect(yield* webhooks.deliveries(webhookId, 10)).toMatchObject([{ type: 'batch', events: 3 }])
      expect(yield* webhooks.read(webhookId)).toMatchObject({ waiting: 1 })
      const sql = yield* SqlClient.SqlClient
      yield* sql`UPDATE events SET at = at - 60000`
      yield* passNow(webhookId)
      expect(receiver.received.map(textsOf)).toEqual([['1', '2', '3'], ['4']])
    })
  )
})

test('a batch that is refused comes again as it was; then each conversation waits for itself', async () => {
  await using receiver = await Receiver.open()
  receiver.behave = ({ body }, response) => void response.writeHead(body.includes('poison') ? 500 : 200).end()
  await onWebhooks(
    Effect.gen(function* () {
      const webhooks = yield* Webhooks
      const webhookId = yield* created(receiver.url, { batch: AT_ONCE })
      yield* apply(from(ANN, 'before'), from(ANN, 'poison'), from(BOB, 'hello'))
      yield* pass(webhookId)
      yield* apply(from(ANN, 'after'), from(BOB, 'still there'))
      yield* pass(webhookId)
      yield* pass(webhookId)
      expect(receiver.received.map(textsOf)).toEqual(Array(3).fill(['before', 'poison', 'hello']))
      expect(new Set(idsOf(receiver)).size).toBe(1)

      // From now on by conversation, one by one.
      receiver.received.splice(0)
      yield* pass(webhookId)
      expect(receiver.texts).toEqual(expect.arrayContaining(['hello', 'still there', 'before', 'poison']))
      expect(receiver.texts).not.toContain('after')
      let passes = 0
      while ((yield* webhooks.deadLetters(webhookId, 10)).length === 0 && (passes += 1) <= MAX_TRIES)
        yield* pass(webhookId)
      yield* pass(webhookId)
      expect(yield* webhooks.deadLetters(webhookId, 10)).toHaveLength(1)
      expect(receiver.texts.at(-1)).toBe('after')
      expect(receiver.texts.filter(text => text === 'hello')).toHaveLength(1)
      expect(yield* webhooks.read(webhookId)).toMatchObject({ waiting: 0, failingLanes: 0 })
    })
  )
})

/** An incident of an account, or of the server. */
const reported = (accountId: string | null, subject: string) =>
  Effect.flatMap(Incidents, incidents =>
    incidents.report({
      accountId,
      kind: 'message.unsupportedKind',
      severity: 'warning',
      subject,
      happened: 'Something',
      did: 'Nothing',
      advice: 'None'
    })
  )

test.each([
  { whose: 'of the server', accountId: null },
  { whose: 'of an account', accountId: ACCOUNT }
])(
  'events $whose that came while a batch with earlier ones was refused follow when it is taken',
  async ({ accountId }) => {
    await using receiver = await Receiver.open()
    receiver.behave = (_, response) => void response.writeHead(500).end()
    await onWebhooks(
      Effect.gen(function* () {
        const webhooks = yield* Webhooks
        const webhookId = yield* created(receiver.url, { batch: AT_ONCE, types: ['incident.reported'] })
        yield* reported(accountId, 'first')
        yield* pass(webhookId)
        receiver.received.splice(0)
        receiver.behave = (_, response) => void response.writeHead(200).end()
        yield* reported(accountId, 'second')
        yield* reported(accountId, 'third')
        // The endpoint's place goes past what waits behind the batch.
        yield* passNow(webhookId)
        expect(yield* webhooks.read(webhookId)).toMatchObject({ waiting: 3 })
        yield* pass(webhookId)
        yield* pass(webhookId)
        expect(subjectsOf(receiver)).toEqual(['first', 'second', 'third'])
        expect(yield* webhooks.read(webhookId)).toMatchObject({ waiting: 0, failingLanes: 0 })
      })
    )
  }
)

test('a batch that was on its way when the server ended is the same batch afterwards', async () => {
  await using receiver = await Receiver.open()
  const arrived = Promise.withResolvers<void>()
  receiver.behave = () => arrived.resolve()
  await onWebhooks(
    Effect.gen(function* () {
      const webhookId = yield* created(receiver.url, { batch: AT_ONCE })
      yield* apply(from(ANN, '1'), from(BOB, '2'))
      const running = yield* Effect.forkChild(passNow(webhookId))
      yield* Effect.promise(() => arrived.promise)
      yield* Fiber.interrupt(running)
      yield* apply(from(ANN, '3'))
      receiver.behave = (_, response) => void response.writeHead(200).end()
      yield* passNow(webhookId)
      yield* passNow(webhookId)
      expect(receiver.received.map(textsOf)).toEqual([['1', '2'], ['1', '2'], ['3']])
      const [first, again, other] = idsOf(receiver)
      expect(again).toBe(first)
      expect(other).not.toBe(first)
    })
  )
})
