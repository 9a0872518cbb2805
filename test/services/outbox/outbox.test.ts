// The outbox's rules of trying again, on a real database and a test clock, against WhatsApps that misbehave in one way each.
import { Clock, Effect, Fiber, Layer, Stream } from 'effect'
import { TestClock } from 'effect/testing'
import { expect, test } from 'vitest'
import { AccountStore } from '../../../src/services/conversations/account-store.ts'
import { MessageStore } from '../../../src/services/conversations/message-store.ts'
import { Incidents } from '../../../src/services/incidents/incidents.ts'
import { Attachments } from '../../../src/services/outbox/attachments.ts'
import { Outbox } from '../../../src/services/outbox/outbox.ts'
import { ENDED } from '../../../src/services/outbox/topics.ts'
import { MessageFiles } from '../../../src/services/outbox/message-files.ts'
import { LinkPreviews } from '../../../src/services/outbox/preparation/link/link-previews.ts'
import { Preparation } from '../../../src/services/outbox/preparation/preparation.ts'
import { NotConfirmed, NotConnected, SendRefused } from '../../../src/services/whatsapp/errors.ts'
import type { Outgoing } from '../../../src/services/whatsapp/send.ts'
import { Wakes } from '../../../src/services/process/wakes.ts'
import { WhatsApp } from '../../../src/services/whatsapp/whatsapp.ts'
import { servicesOn } from '../database.ts'
import { ACCOUNT } from './account.ts'

type Send = (
  message: Outgoing
) => Effect.Effect<number | undefined, NotConnected | NotConfirmed | SendRefused>

const run = <A, E>(
  send: Send,
  program: Effect.Effect<A, E, AccountStore | Incidents | MessageStore | Outbox | Wakes>
): Promise<A> => {
  const whatsapp = WhatsApp.of({
    connect: () => Stream.empty,
    send: (_, message) => send(message),
    upload: () => Effect.fail(new NotConnected({})),
    read: () => Effect.void,
    type: () => Effect.void,
    restriction: () => Effect.succeed(null),
    askForChunk: () => Effect.void,
    askForHistory: () => Effect.void,
    askForMessages: () => Effect.void,
    askForPeerMessage: () => Effect.void,
    askForMedia: () => Effect.void,
    mediaAnswers: Stream.empty,
    lastContact: () => Effect.succeed({ lastHeardAt: null, lastSentAt: null }),
    isConnected: () => Effect.succeed(false),
    openingDelayMs: Effect.succeed(0),
    closed: () => Effect.void,
    storeLidMappings: () => Effect.void,
    lidOf: () => Effect.undefined,
    statusAudience: () => Effect.succeed(new Set<string>()),
    submitPasskey: () => Effect.void,
    confirmPasskey: () => Effect.void,
    checkNumbers: (_, numbers) =>
      Effect.succeed(numbers.map(jid => ({ askedJid: jid, jid, lid: null, answeredAt: 0 }))),
    logout: () => Effect.void
  })
  const services = Outbox.layer({ paceMs: 0, postStatuses: false }).pipe(
    Layer.provide(LinkPreviews.layer({ enabled: false, allowPrivateAddresses: false })),
    Layer.provide([Preparation.layer(), MessageFiles.none]),
    Layer.provideMerge(Layer.succeed(WhatsApp, whatsapp)),
    Layer.provideMerge(
      Attachments.layer({ folder: '/nonexistent', largest: 1, allowPrivateAddresses: false })
    ),
    Layer.provideMerge(Layer.fresh(servicesOn()))
  )
  return Effect.runPromise(
    Effect.andThen(
      AccountStore.use(accounts => accounts.create(ACCOUNT)),
      program
    ).pipe(Effect.provide(Layer.provideMerge(services, TestClock.layer())))
  )
}

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

/** As if it was so much later: a clock that is moved by a day would run everything that the services do each second of it. */
const inHours = <A, E, R>(hours: number, work: Effect.Effect<A, E, R>) =>
  Effect.updateService(work, Clock.Clock, clock => {
    const now = () => clock.currentTimeMillisUnsafe() + hours * 3_600_000
    const nanos = () => BigInt(now()) * 1_000_000n
    return {
      currentTimeMillisUnsafe: now,
      currentTimeMillis: Effect.sync(now),
      currentTimeNanosUnsafe: nanos,
      currentTimeNanos: Effect.sync(nanos),
      monotonicTimeNanosUnsafe: nanos,
      monotonicTimeNanos: Effect.sync(nanos),
      sleep: clock.sleep.bind(clock)
    }
  })

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
      return [yield* ask, yield* inHours(23, ask), yield* inHours(25, ask)]
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
