// What is known of a thread's completeness, whatever order the evidence comes in.
import { Deferred, Effect, Fiber } from 'effect'
import { SqlClient } from 'effect/sql'
import { describe, expect, test } from 'vitest'
import { threadIdOf } from '../../../../src/domain/ids.ts'
import { OldMessages } from '../../../../src/services/conversations/old-messages.ts'
import { ThreadStore } from '../../../../src/services/conversations/thread-store.ts'
import { Coverage } from '../../../../src/services/history/coverage/coverage.ts'
import { Identity } from '../../../../src/services/conversations/identity.ts'
import { Ingest } from '../../../../src/services/intake/ingest.ts'
import { onDatabase } from '../../database.ts'
import { ACCOUNT, message } from '../../conversations/facts.ts'

const PHONE = '491@s.whatsapp.net'
const LID = '77@lid'
const THREAD = threadIdOf(ACCOUNT, PHONE)

const raw = (whatsAppId: string, at: number) => ({ whatsAppId, fromMe: false, at })
const stored = (oldest: number, newest: number, beginning?: 'more' | 'reached', threadId = THREAD) => ({
  threadId,
  oldest: raw(`H${oldest}`, oldest),
  newest: raw(`H${newest}`, newest),
  beginning
})
const held = (whatsAppId: string, at: number, options: { live?: boolean; jid?: string } = {}) =>
  Ingest.use(ingest =>
    ingest.apply(
      ACCOUNT,
      [
        {
          ...message(whatsAppId, { chat: { jid: options.jid ?? PHONE }, timestamp: at }),
          live: options.live ?? false
        }
      ],
      Effect.void
    )
  )
const read = (threadId = THREAD) => Coverage.use(coverage => coverage.read(threadId))

describe('a first live message', () => {
  test('behind history opens the stretch between, once', async () => {
    await onDatabase(
      Effect.gen(function* () {
        yield* held('H1', 1000)
        yield* held('L1', 9000, { live: true })
        yield* held('L2', 9500, { live: true })
        expect(yield* read()).toMatchObject({
          state: 'partial',
          gaps: [{ reason: 'history-to-live', from: 1000, to: 9000 }]
        })
      })
    )
  })

  test('that history brings too opens nothing', async () => {
    await onDatabase(
      Effect.gen(function* () {
        yield* held('L1', 9000, { live: true })
        yield* Coverage.use(coverage => coverage.noteStored(ACCOUNT, 1, stored(1000, 9000, 'reached')))
        expect(yield* read()).toMatchObject({ state: 'complete', gaps: [] })
      })
    )
  })

  test('before any history opens the stretch when history comes that ends earlier', async () => {
    await onDatabase(
      Effect.gen(function* () {
        yield* held('L1', 9000, { live: true })
        expect(yield* read()).toMatchObject({ state: 'unknown', gaps: [] })
        yield* held('H2', 2000)
        yield* Coverage.use(coverage => coverage.noteStored(ACCOUNT, 1, stored(1000, 2000, 'reached')))
        yield* Coverage.use(coverage => coverage.noteStored(ACCOUNT, 2, stored(500, 900, 'reached')))
        expect(yield* read()).toMatchObject({
          state: 'partial',
          beginningReached: true,
          gaps: [{ reason: 'history-to-live', from: 2000, to: 9000 }]
        })
      })
    )
  })

  test('lies after the newest of the history, in whatever order its chunks are noted', async () => {
    await onDatabase(
      Effect.gen(function* () {
        const coverage = yield* Coverage
        yield* held('L1', 9000, { live: true })
        yield* coverage.noteStored(ACCOUNT, 2, stored(500, 900, 'reached'))
        expect((yield* read())?.gaps).toMatchObject([{ from: 900, to: 9000 }])
        yield* coverage.noteStored(ACCOUNT, 1, stored(1000, 2000, 'reached'))
        expect((yield* read())?.gaps).toMatchObject([{ reason: 'history-to-live', from: 2000, to: 9000 }])
        yield* coverage.noteStored(ACCOUNT, 3, stored(100, 400, 'reached'))
        expect((yield* read())?.gaps).toMatchObject([{ from: 2000, to: 9000 }])
        yield* coverage.noteStored(ACCOUNT, 4, stored(8000, 9000, 'reached'))
        expect(yield* read()).toMatchObject({ state: 'complete', gaps: [] })
      })
    )
  })

  test('that came between two chunks meets the later one', async () => {
    await onDatabase(
      Effect.gen(function* () {
        const coverage = yield* Coverage
        yield* held('H900', 900)
        yield* coverage.noteStored(ACCOUNT, 2, stored(500, 900, 'reached'))
        yield* held('L1', 9000, { live: true })
        expect((yield* read())?.gaps).toMatchObject([{ from: 900, to: 9000 }])
        yield* coverage.noteStored(ACCOUNT, 1, stored(1000, 9000, 'reached'))
        expect(yield* read()).toMatchObject({ state: 'complete', gaps: [] })
      })
    )
  })

  test('stays behind the whole stretch of which a member has shared only a part', async () => {
    await onDatabase(
      Effect.gen(function* () {
        const coverage = yield* Coverage
        yield* held('H900', 900)
        yield* coverage.noteStored(ACCOUNT, 1, stored(500, 900, 'reached'))
        yield* held('L1', 9000, { live: true })
        yield* coverage.noteShared(ACCOUNT, stored(4000, 5000))
        expect((yield* read())?.gaps).toMatchObject([{ from: 900, to: 9000 }])
      })
    )
  })

  test('is noted again when the transaction that noted it did not commit', async () => {
    await onDatabase(
      Effect.gen(function* () {
        yield* held('H1', 1000)
        const failing = Ingest.use(ingest =>
          ingest.apply(
            ACCOUNT,
            [{ ...message('L1', { chat: { jid: PHONE }, timestamp: 9000 }), live: true }],
            Effect.fail('the disk is full')
          )
        )
        expect(yield* Effect.flip(failing)).toBe('the disk is full')
        expect((yield* read())?.gaps).toEqual([])
        yield* held('L1', 9000, { live: true })
        expect((yield* read())?.gaps).toHaveLength(1)
      })
    )
  })
})

test('an outage opens a gap in every thread; a second one does not open another where nothing was filled', async () => {
  await onDatabase(
    Effect.gen(function* () {
      yield* held('A', 1000)
      yield* held('B', 2000, { jid: '492@s.whatsapp.net' })
      const coverage = yield* Coverage
      yield* coverage.noteOutage(ACCOUNT, 5000)
      yield* coverage.noteOutage(ACCOUNT, 6000)
      const gaps = yield* coverage.openGaps(ACCOUNT)
      expect(gaps.map(({ from, reason, to }) => ({ from, reason, to }))).toEqual([
        { from: 2000, reason: 'outage', to: null },
        { from: 1000, reason: 'outage', to: null }
      ])
    })
  )
})

test('an absence and the first live message after it are one gap', async () => {
  await onDatabase(
    Effect.gen(function* () {
      yield* held('H1', 1000)
      yield* Coverage.use(coverage => coverage.noteLinked(ACCOUNT, 5000))
      yield* held('L1', 9000, { live: true })
      expect(yield* read()).toMatchObject({ gaps: [{ reason: 'outage', from: 1000, to: 9000 }] })
      // History that comes later and ends before the live message opens no other one.
      yield* Coverage.use(coverage => coverage.noteStored(ACCOUNT, 1, stored(900, 2000)))
      expect((yield* read())?.gaps).toHaveLength(1)
    })
  )
})

test('that the beginning was reached is not taken back, and the floor only sinks', async () => {
  await onDatabase(
    Effect.gen(function* () {
      yield* held('A', 1000)
      const coverage = yield* Coverage
      yield* coverage.noteReach(ACCOUNT, stored(500, 900, 'reached'))
      yield* coverage.noteReach(ACCOUNT, stored(700, 900, 'more'))
      expect(yield* coverage.reachOf(THREAD)).toMatchObject({ beginning: 'reached', floor: raw('H500', 500) })
    })
  )
})

describe('two threads that turn out to be one person', () => {
  test('keep their gaps; what only one of them knew of the beginning is not known any more', async () => {
    await onDatabase(
      Effect.gen(function* () {
        const coverage = yield* Coverage
        yield* held('A', 1000)
        yield* held('B', 2000, { jid: LID })
        yield* coverage.noteReach(ACCOUNT, stored(1000, 1000, 'reached'))
        yield* coverage.noteReach(ACCOUNT, stored(2000, 2000, 'more', threadIdOf(ACCOUNT, LID)))
        yield* coverage.noteOutage(ACCOUNT, 5000)
        yield* Identity.use(identity => identity.link(ACCOUNT, { phoneJid: PHONE, lidJid: LID, at: 0 }))
        const {
          threads: [thread]
        } = yield* ThreadStore.use(threads => threads.list(ACCOUNT, { limit: 10 }))
        expect(yield* read(thread!.threadId)).toMatchObject({ state: 'partial', messages: 2 })
        expect((yield* read(thread!.threadId))?.beginningReached).toBe(false)
        expect((yield* coverage.openGaps(ACCOUNT)).map(({ threadId }) => threadId)).toContain(
          thread!.threadId
        )
        // The old id answers too.
        expect(yield* read(threadIdOf(ACCOUNT, LID))).toEqual(yield* read(thread!.threadId))
      })
    )
  })

  test('that both reach their beginning still reach it', async () => {
    await onDatabase(
      Effect.gen(function* () {
        const coverage = yield* Coverage
        yield* held('A', 1000)
        yield* held('B', 2000, { jid: LID })
        yield* coverage.noteReach(ACCOUNT, stored(1000, 1000, 'reached'))
        yield* coverage.noteReach(ACCOUNT, stored(2000, 2000, 'reached', threadIdOf(ACCOUNT, LID)))
        yield* Identity.use(identity => identity.link(ACCOUNT, { phoneJid: PHONE, lidJid: LID, at: 0 }))
        expect(yield* coverage.summary(ACCOUNT)).toEqual({ complete: 1, partial: 0, unknown: 0 })
      })
    )
  })
})

test('threads are listed by their state, page by page', async () => {
  await onDatabase(
    Effect.gen(function* () {
      const coverage = yield* Coverage
      const jids = ['491', '492', '493', '494'].map(number => `${number}@s.whatsapp.net`)
      for (const [n, jid] of jids.entries()) yield* held(`M${n}`, 1000 + n, { jid })
      const [complete, more, away] = jids.map(jid => threadIdOf(ACCOUNT, jid))
      yield* coverage.noteReach(ACCOUNT, stored(1000, 1000, 'reached', complete))
      yield* coverage.noteReach(ACCOUNT, stored(1001, 1001, 'more', more))
      yield* coverage.noteReach(ACCOUNT, stored(1002, 1002, 'reached', away))
      const listed = (state?: 'complete' | 'partial' | 'unknown') =>
        Effect.map(coverage.list(ACCOUNT, { state, limit: 10 }), found =>
          found.map(thread => [thread.threadId, thread.state])
        )
      expect(yield* listed('complete')).toEqual([
        [complete, 'complete'],
        [away, 'complete']
      ])
      expect(yield* listed('partial')).toEqual([[more, 'partial']])
      expect(yield* listed('unknown')).toHaveLength(1)
      yield* coverage.noteOutage(ACCOUNT, 1003)
      for (const state of ['complete', 'partial', 'unknown'] as const)
        expect(yield* listed(state)).toHaveLength((yield* coverage.summary(ACCOUNT))[state])
      expect(yield* listed('partial')).toContainEqual([away, 'partial'])
      const all = yield* listed()
      const rest = yield* coverage.list(ACCOUNT, { limit: 10, after: all[1]?.[0] })
      expect(rest.map(({ threadId }) => threadId)).toEqual(all.slice(2).map(([threadId]) => threadId))
    })
  )
})

test('a lost chunk is a gap between what others brought, or back to the beginning', async () => {
  await onDatabase(
    Effect.gen(function* () {
      const coverage = yield* Coverage
      const sql = yield* SqlClient.SqlClient
      const other = threadIdOf(ACCOUNT, '492@s.whatsapp.net')
      yield* held('A', 1000)
      yield* held('B', 1000, { jid: '492@s.whatsapp.net' })
      yield* sql`INSERT INTO accounts (account_id, name, created_at, wanted) VALUES (${ACCOUNT}, 'Shop', 1, 1)`
      const chunk = (id: number, order: number, state: string) =>
        sql`INSERT INTO history_chunks (chunk_id, account_id, notification_id, sync_type, chunk_order, sealed, state, next_attempt_at, received_at)
          VALUES (${id}, ${ACCOUNT}, ${`N${id}`}, 2, ${order}, x'', ${state}, 0, 5)`
      yield* chunk(1, 1, 'done')
      yield* chunk(2, 2, 'failed')
      yield* chunk(3, 3, 'done')
      yield* coverage.noteStored(ACCOUNT, 1, stored(8000, 9000))
      yield* coverage.noteStored(ACCOUNT, 1, stored(8000, 9000, undefined, other))
      yield* coverage.noteLost(ACCOUNT)
      const back = { reason: 'lost-chunk', from: null, to: 8000, toId: 'H8000' }
      const gaps = Effect.map(coverage.openGaps(ACCOUNT), found =>
        found.toSorted((a, b) => a.threadId.localeCompare(b.threadId))
      )
      expect(yield* gaps).toMatchObject([
        { threadId: THREAD, ...back },
        { threadId: other, ...back }
      ])
      yield* coverage.noteStored(ACCOUNT, 3, stored(1000, 2000, 'reached'))
      yield* coverage.noteChunk(ACCOUNT, 2, 3)
      expect(yield* gaps).toMatchObject([
        { threadId: THREAD, ...back, from: 2000, fromId: 'H2000' },
        { threadId: other, ...back }
      ])
      // The phone makes it again after all.
      yield* chunk(4, 2, 'done')
      yield* coverage.noteChunk(ACCOUNT, 2, 2)
      expect(yield* coverage.openGaps(ACCOUNT)).toEqual([])
    })
  )
})

test('an absence after another one that something came in between opens a gap of its own', async () => {
  await onDatabase(
    Effect.gen(function* () {
      const coverage = yield* Coverage
      yield* held('A', 1000)
      yield* coverage.noteOutage(ACCOUNT, 5000)
      yield* held('L1', 6000, { live: true })
      yield* held('L2', 7000, { live: true })
      yield* coverage.noteOutage(ACCOUNT, 9000)
      const gaps = yield* coverage.gapsOf(THREAD)
      expect(gaps.map(({ from, reason, to }) => ({ from, reason, to }))).toContainEqual({
        from: 7000,
        reason: 'outage',
        to: null
      })
      expect(gaps.map(({ from, to }) => ({ from, to }))).toContainEqual({ from: 1000, to: 6000 })
    })
  )
})

test('only what the phone has is an edge to ask from: no event, no call, nothing that was not sent yet', async () => {
  await onDatabase(
    Effect.gen(function* () {
      yield* held('H1', 1000)
      const chat = { jid: PHONE }
      yield* Ingest.use(ingest =>
        ingest.apply(
          ACCOUNT,
          [
            message('EVENT', { chat, timestamp: 5000, type: 'system' }),
            message('CALL', { chat, timestamp: 6000, type: 'call' }),
            message('OURS', { chat, timestamp: 7000, sender: 'me', status: 'queued' }),
            message('L1', { chat, timestamp: 9000 })
          ],
          Effect.void
        )
      )
      expect(yield* read()).toMatchObject({ gaps: [{ reason: 'history-to-live', from: 1000, to: 9000 }] })
    })
  )
})

test('one thread with history and one that is only live leave the stretch between when they are one', async () => {
  await onDatabase(
    Effect.gen(function* () {
      yield* held('H1', 1000)
      yield* Coverage.use(coverage => coverage.noteStored(ACCOUNT, 1, stored(1000, 1000)))
      yield* held('L1', 9000, { jid: LID, live: true })
      yield* Identity.use(identity => identity.link(ACCOUNT, { phoneJid: PHONE, lidJid: LID, at: 0 }))
      expect(yield* read()).toMatchObject({ gaps: [{ reason: 'history-to-live', from: 1000, to: 9000 }] })
    })
  )
})

test('what the rule of this server does not keep is no gap: gaps end there, and the thread is complete from there on', async () => {
  await onDatabase(
    Effect.gen(function* () {
      const coverage = yield* Coverage
      const old = yield* OldMessages
      for (const at of [1000, 5000]) yield* held(`H${at}`, at)
      yield* coverage.noteOutage(ACCOUNT, 2000)
      yield* held('L9', 9000, { live: true })
      yield* coverage.noteOutage(ACCOUNT, 9500)
      const [before, after] = (yield* read())!.gaps
      expect([before, after]).toMatchObject([
        { from: 9000, to: null },
        { from: 1000, to: 9000 }
      ])
      yield* old.setFloor(6000)
      yield* coverage.cutGaps(6000)
      expect((yield* read())!.gaps).toMatchObject([
        { from: 9000, to: null },
        { from: 6000, to: 9000 }
      ])
      expect(yield* old.remove({ accountId: ACCOUNT, threadId: THREAD }, 6000, 10)).toBe(2)
      yield* coverage.cutGaps(9200)
      expect(yield* read()).toMatchObject({
        state: 'partial',
        messages: 1,
        keptSince: 9200,
        gaps: [{ from: 9200, to: null }]
      })
      // A history that goes back beyond it says that nothing is missing since.
      yield* coverage.closeGap(before!.gapId)
      expect(yield* read()).toMatchObject({ state: 'complete', beginningReached: false, keptSince: 9200 })
      yield* held('H2000', 2000)
      expect(yield* read()).toMatchObject({ messages: 1 })
    })
  )
})

test('a message that comes while a new link is noted is the first of it: what is missing before it is noted', async () => {
  const coverage = await onDatabase(
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const begun = yield* Deferred.make<void>()
      const linking = yield* Effect.forkChild(
        Effect.andThen(
          Deferred.await(begun),
          Coverage.use(service => service.noteLinked(ACCOUNT, 5000))
        )
      )
      const storing = Effect.gen(function* () {
        yield* Deferred.succeed(begun, undefined)
        yield* Effect.forEach(Array.from({ length: 100 }), () => Effect.yieldNow)
        yield* held('L1', 9000, { live: true })
      })
      yield* sql.withTransaction(storing)
      yield* Fiber.join(linking)
      yield* held('L2', 9500, { live: true })
      // The history of the new link ends before.
      yield* held('H', 7000)
      yield* Coverage.use(service => service.noteStored(ACCOUNT, 1, stored(1000, 7000, 'reached')))
      return yield* read()
    })
  )
  expect(coverage).toMatchObject({ gaps: [{ reason: 'history-to-live', from: 7000, to: 9000 }] })
})
