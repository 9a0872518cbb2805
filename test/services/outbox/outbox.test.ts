// The outbox's rules of trying again, on a real database and a test clock, against WhatsApps that misbehave in one way each.
import { Deferred, Effect, Fiber, Latch } from 'effect'
import { SqlClient } from 'effect/sql'
import { TestClock } from 'effect/testing'
import { expect, test } from 'vitest'
import { AccountStore } from '../../../src/services/conversations/account-store.ts'
import { MessageStore } from '../../../src/services/conversations/message-store.ts'
import { ReceiptStore } from '../../../src/services/conversations/receipt-store.ts'
import { Incidents } from '../../../src/services/incidents/incidents.ts'
import { Outbox } from '../../../src/services/outbox/outbox.ts'
import { ENDED } from '../../../src/services/outbox/topics.ts'
import { AskRefused, NotConfirmed, NotConnected, SendRefused } from '../../../src/services/whatsapp/errors.ts'
import { Wakes } from '../../../src/services/process/wakes.ts'
import { ACCOUNT } from './account.ts'
import { run } from './on-database.ts'

const queue = (text: string, toJid = '491@s.whatsapp.net', expiresAt?: number) =>
  Outbox.use(outbox =>
    outbox.accept({
      accountId: ACCOUNT.accountId,
      toJid,
      content: { kind: 'text', text },
      fingerprint: text,
      expiresAt
    })
  )
const pass = Outbox.use(outbox => outbox.sending.runOnce(ACCOUNT.accountId))
const entry = (entryId: string) => Outbox.use(outbox => outbox.read(ACCOUNT.accountId, entryId))
const DELIVERED_AT = 1000

const delivered = (threadId: string, messageId: string) =>
  ReceiptStore.use(receipts =>
    receipts.put(ACCOUNT.accountId, [
      { threadId, messageId, recipient: '491@s.whatsapp.net', status: 'delivered', at: DELIVERED_AT }
    ])
  )

test('what WhatsApp refuses is tried again after growing pauses, then fails with its reason and an incident', async () => {
  const [delays, last, incidents, message] = await run(
    () => Effect.fail(new SendRefused({ code: 400, reason: 'WhatsApp refused the message (code 400)' })),
    Effect.gen(function* () {
      const { entryId, messageId, threadId } = yield* queue('refused')
      const waits: Array<number> = []
      for (let attempt = 1; attempt <= 6; attempt += 1) {
        yield* pass
        const next = yield* pass
        if (typeof next === 'object') {
          const now = yield* Effect.clockWith(clock => clock.currentTimeMillis)
          waits.push(next.nextAt - now)
          yield* TestClock.adjust(next.nextAt - now)
        }
      }
      return [
        waits,
        yield* entry(entryId),
        yield* Incidents.use(found => found.list({ limit: 10 })),
        yield* MessageStore.use(messages => messages.read(threadId, messageId))
      ] as const
    })
  )
  expect(delays).toEqual([2000, 4000, 8000, 16_000, 32_000])
  expect(last).toMatchObject({
    status: 'failed',
    attempts: 6,
    reason: 'WhatsApp refused the message (code 400)'
  })
  expect(incidents).toMatchObject([
    { kind: 'outbox.failed', severity: 'error', threadId: message!.threadId, messageId: message!.messageId }
  ])
  expect(message).toMatchObject({ status: 'failed', statusReason: 'WhatsApp refused the message (code 400)' })
})

test('while WhatsApp answers no questions, a message waits longer each time, uses up no attempt, and somebody is told', async () => {
  let asked = 0
  const answer = Effect.suspend(() => {
    asked += 1
    return asked <= 20 ? Effect.fail(new AskRefused({ reason: 'No answers' })) : Effect.undefined
  })
  const [waits, waiting, told, last, over] = await run(
    () => answer,
    Effect.gen(function* () {
      const incidents = Incidents.use(found => found.list({ limit: 10 }))
      const { entryId } = yield* queue('patient')
      const waits: Array<number> = []
      while (waits.length < 20) {
        yield* pass
        const now = yield* Effect.clockWith(clock => clock.currentTimeMillis)
        const held = yield* entry(entryId)
        waits.push(held!.nextAttemptAt! - now)
        yield* TestClock.adjust(waits.at(-1)!)
      }
      const waiting = yield* entry(entryId)
      const told = yield* incidents
      yield* pass
      return [waits, waiting, told, yield* entry(entryId), yield* incidents] as const
    })
  )
  const MINUTE = 60_000
  expect(waits.slice(0, 6)).toEqual([1, 2, 4, 8, 15, 15].map(minutes => minutes * MINUTE))
  expect(waits.at(-1)).toBe(15 * MINUTE)
  expect(waiting).toMatchObject({ status: 'queued', attempts: 0, reason: 'No answers' })
  expect(told).toMatchObject([{ kind: 'outbox.unanswered', resolvedAt: null }])
  expect(last).toMatchObject({ status: 'sent', attempts: 1 })
  expect(over).toMatchObject([{ kind: 'outbox.unanswered', resolvedAt: expect.any(Number) }])
})

test('what a recipient has reported is sent, though WhatsApp never confirmed it', async () => {
  const [last, incidents, message] = await run(
    () => Effect.fail(new NotConfirmed({})),
    Effect.gen(function* () {
      const { entryId, messageId, threadId } = yield* queue('delivered')
      for (let attempt = 1; attempt <= 6; attempt += 1) {
        if (attempt === 6) yield* delivered(threadId, messageId)
        yield* pass
        yield* TestClock.adjust('32 seconds')
      }
      return [
        yield* entry(entryId),
        yield* Incidents.use(found => found.list({ limit: 10 })),
        yield* MessageStore.use(messages => messages.read(threadId, messageId))
      ] as const
    })
  )
  expect(last).toMatchObject({ status: 'sent', attempts: 6 })
  expect(message).toMatchObject({ status: 'delivered', statusReason: null, tsClient: DELIVERED_AT })
  expect(incidents).toEqual([])
})

test('a message that is being tried again holds up its own thread and no other', async () => {
  const sent: Array<string> = []
  await run(
    message =>
      Effect.suspend(() => {
        if (message.toJid.startsWith('491') && sent.length < 2) return Effect.fail(new NotConfirmed({}))
        sent.push(message.toJid)
        return Effect.undefined
      }),
    Effect.gen(function* () {
      const first = yield* queue('first')
      const second = yield* queue('second')
      yield* queue('a', '492@s.whatsapp.net')
      yield* queue('b', '492@s.whatsapp.net')
      for (let n = 0; n < 4; n += 1) yield* pass
      expect(sent).toEqual(['492@s.whatsapp.net', '492@s.whatsapp.net'])
      expect(yield* entry(second.entryId)).toMatchObject({ status: 'queued', attempts: 0 })
      yield* TestClock.adjust('2 seconds')
      for (let n = 0; n < 2; n += 1) yield* pass
      expect(yield* entry(first.entryId)).toMatchObject({ status: 'sent', attempts: 2 })
      expect(yield* entry(second.entryId)).toMatchObject({ status: 'sent', attempts: 1 })
    })
  )
})

/** Starts a pass, and tells to whom messages are on their way before WhatsApp has answered any; then all are sent. */
const atOnce = async (paceMs: number) => {
  const left: Array<string> = []
  const answering = Latch.makeUnsafe(false)
  const [first, all] = await run(
    message =>
      Effect.suspend(() => {
        left.push(/Anna [12]|Bert/.exec(Buffer.from(message.content).toString('latin1'))?.[0] ?? '')
        return Effect.as(answering.await, undefined)
      }),
    Effect.gen(function* () {
      yield* Effect.forEach(['Anna 1', 'Anna 2', 'Bert'], text =>
        queue(text, `49${text.charCodeAt(0)}@s.whatsapp.net`)
      )
      // Whatever leaves at the same time, has left when the scheduler had many turns.
      const manyTurns = Effect.repeat(Effect.yieldNow, { times: 200 })
      const passing = yield* Effect.forkChild(Effect.repeat(pass, { times: 3 }))
      yield* manyTurns
      const before = [...left]
      yield* answering.open
      // What became of them is committed some milliseconds later, by no clock of the test's.
      while (passing.pollUnsafe() === undefined) yield* Effect.andThen(manyTurns, TestClock.adjust(paceMs))
      yield* Fiber.join(passing)
      return [before, left] as const
    }),
    paceMs
  )
  return { first, all }
}

test('without a pace several threads are written to at a time, each in its order', async () => {
  const { all, first } = await atOnce(0)
  expect(first).toEqual(['Anna 1', 'Bert'])
  expect(all).toEqual(['Anna 1', 'Bert', 'Anna 2'])
})

test('with a pace one message is sent after the other', async () => {
  const { all, first } = await atOnce(250)
  expect(first).toEqual(['Anna 1'])
  expect(all).toEqual(['Anna 1', 'Anna 2', 'Bert'])
})

test('without a connection nothing is counted, however often it is tried', async () => {
  const waiting = await run(
    () => Effect.fail(new NotConnected({})),
    Effect.gen(function* () {
      const { entryId } = yield* queue('patient')
      for (let n = 0; n < 20; n += 1) {
        expect(yield* pass).toBe('idle')
        yield* TestClock.adjust('1 minute')
      }
      return yield* entry(entryId)
    })
  )
  expect(waiting).toMatchObject({ status: 'queued', attempts: 0 })
})

test('error 463 without a word about its end is asked again after a quarter of an hour, and counts as no attempt', async () => {
  let refusals = 0
  const [held, account, sent] = await run(
    () =>
      Effect.suspend(() => {
        refusals += 1
        return refusals < 4
          ? Effect.fail(new SendRefused({ code: 463, reason: 'restricted' }))
          : Effect.undefined
      }),
    Effect.gen(function* () {
      const { entryId } = yield* queue('Dear stranger')
      const accounts = yield* AccountStore
      yield* pass
      const during = [yield* entry(entryId), yield* accounts.read(ACCOUNT.accountId)] as const
      for (let n = 0; n < 3; n += 1) {
        expect(yield* pass).toMatchObject({ nextAt: expect.any(Number) })
        yield* TestClock.adjust('15 minutes')
        yield* pass
      }
      return [...during, yield* entry(entryId)] as const
    })
  )
  expect(held).toMatchObject({
    status: 'queued',
    attempts: 0,
    reason: expect.stringContaining('new conversations')
  })
  expect(account?.restriction).toMatchObject({ kind: 'reachout', until: 15 * 60_000 })
  expect(sent).toMatchObject({ status: 'sent', attempts: 1 })
})

test('what is being sent is not taken back, nor does it expire, before it is written that it is being sent', async () => {
  const [refused, during, after] = await run(
    () => Effect.andThen(Effect.sleep('1 minute'), Effect.undefined),
    Effect.gen(function* () {
      const outbox = yield* Outbox
      const { entryId } = yield* queue('on its way', undefined, 20_000)
      const sending = yield* Effect.forkChild(pass)
      yield* TestClock.adjust('40 seconds')
      const cancelled = yield* Effect.flip(outbox.cancel(ACCOUNT.accountId, entryId))
      const waiting = yield* entry(entryId)
      yield* TestClock.adjust('20 seconds')
      yield* Fiber.join(sending)
      return [cancelled, waiting, yield* entry(entryId)] as const
    })
  )
  expect(refused).toMatchObject({ _tag: 'NotCancellable', status: 'sending' })
  // As it is stored; nothing has been encrypted yet.
  expect(during).toMatchObject({ status: 'queued' })
  expect(after).toMatchObject({ status: 'sent' })
})

test('an account that goes offline while it is written that WhatsApp has a message leaves it sent, and says so last', async () => {
  const answered = Deferred.makeUnsafe<void>()
  const [status, told] = await run(
    () => Effect.as(Deferred.succeed(answered, undefined), DELIVERED_AT),
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const { entryId } = yield* queue('sent')
      const sending = yield* Effect.forkChild(pass)
      yield* Deferred.await(answered)
      yield* Fiber.interrupt(sending)
      const events = yield* sql<{ facts: string }>`SELECT facts FROM events WHERE kind = 'outbox.changed'
        ORDER BY event_id`
      return [(yield* entry(entryId))?.status, events.map(({ facts }) => facts)] as const
    })
  )
  expect(status).toBe('sent')
  expect(told).toMatchObject([expect.stringContaining('"queued"'), expect.stringContaining('"sent"')])
})

test.each([new NotConnected({}), new NotConfirmed({}), new SendRefused({ code: 500, reason: 'no' })])(
  'an account that goes offline while it is written that a message failed ($_tag) does not leave it as being sent',
  async failure => {
    const marked = Deferred.makeUnsafe<void>()
    const ends = Deferred.makeUnsafe<void>()
    const status = await run(
      ({ accompanying }) =>
        (accompanying ?? Effect.void).pipe(
          Effect.orDie,
          Effect.andThen(Deferred.succeed(marked, undefined)),
          Effect.andThen(Deferred.await(ends)),
          Effect.andThen(Effect.fail(failure))
        ),
      Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        const { entryId } = yield* queue('on its way')
        const sending = yield* Effect.forkChild(pass)
        yield* Deferred.await(marked)
        // Somebody else writes in this moment.
        const isWritten = yield* Deferred.make<void>()
        const isWriting = yield* Deferred.make<void>()
        const other = yield* Effect.forkChild(
          sql.withTransaction(
            Effect.andThen(Deferred.succeed(isWriting, undefined), Deferred.await(isWritten))
          )
        )
        yield* Deferred.await(isWriting)
        yield* Deferred.succeed(ends, undefined)
        yield* Effect.forEach(Array.from({ length: 100 }), () => Effect.yieldNow)
        const interrupting = yield* Effect.forkChild(Fiber.interrupt(sending))
        yield* Effect.forEach(Array.from({ length: 100 }), () => Effect.yieldNow)
        yield* Deferred.succeed(isWritten, undefined)
        yield* Fiber.join(interrupting)
        yield* Fiber.join(other)
        return (yield* entry(entryId))?.status
      })
    )
    expect(status).toBe('queued')
  }
)

/** As if everything was accepted so much earlier. */
const agedBy = (hours: number) =>
  SqlClient.SqlClient.use(sql => sql`UPDATE outbox SET created_at = created_at - ${hours * 3_600_000}`)

test('an idempotency key is honoured for 24 hours, then it is new again', async () => {
  const answers = await run(
    () => Effect.undefined,
    Effect.gen(function* () {
      const outbox = yield* Outbox
      const ask = outbox.accept({
        accountId: ACCOUNT.accountId,
        toJid: '491@s.whatsapp.net',
        content: { kind: 'text', text: 'once' },
        fingerprint: 'once',
        idempotencyKey: 'key'
      })
      const first = yield* ask
      yield* agedBy(23)
      const again = yield* ask
      yield* agedBy(2)
      return [first, again, yield* ask]
    })
  )
  expect(answers[1]).toEqual(answers[0])
  expect(answers[2]!.entryId).not.toBe(answers[0]!.entryId)
})

test('a clock that was set back does not make an entry wait for days', async () => {
  const done = await run(
    () => Effect.undefined,
    Effect.gen(function* () {
      yield* TestClock.setTime(4 * 3_600_000)
      const { entryId } = yield* queue('written in the future')
      yield* TestClock.setTime(3_600_000)
      yield* pass
      return yield* entry(entryId)
    })
  )
  expect(done).toMatchObject({ status: 'sent' })
})

test('a client that waits is told once the entry has ended, and leaves nothing behind when it goes', async () => {
  await run(
    () => Effect.undefined,
    Effect.gen(function* () {
      const outbox = yield* Outbox
      const wakes = yield* Wakes
      const accepted = yield* queue('waited for')
      const count = wakes.count(ENDED, accepted.entryId)
      const until = (wanted: number): Effect.Effect<void> =>
        Effect.flatMap(count, now =>
          now === wanted ? Effect.void : Effect.andThen(Effect.yieldNow, until(wanted))
        )
      const waiting = yield* Effect.forkChild(outbox.awaitOutcome(ACCOUNT.accountId, accepted, 'sent'))
      const gone = yield* Effect.forkChild(outbox.awaitOutcome(ACCOUNT.accountId, accepted, 'delivered'))
      yield* until(2)
      yield* Fiber.interrupt(gone)
      expect(yield* count).toBe(1)
      yield* pass
      const outcome = yield* Fiber.join(waiting)
      expect(outcome?.entry).toMatchObject({ status: 'sent', messageStatus: 'sent' })
      expect(yield* count).toBe(0)
    })
  )
})
