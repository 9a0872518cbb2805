// What somebody says of messages that are not here waits for them; what one person can make the server keep that way is bounded.
import { Effect } from 'effect'
import { SqlClient } from 'effect/sql'
import { expect, test } from 'vitest'
import type { Fact } from '../../../src/domain/fact.ts'
import { messageIdOf, threadIdOf } from '../../../src/domain/ids.ts'
import { ReceiptStore } from '../../../src/services/conversations/receipt-store.ts'
import { Incidents } from '../../../src/services/incidents/incidents.ts'
import { onDatabase } from '../database.ts'
import { ACCOUNT, ANN, ANN_LID, apply, change, GROUP, message, messagesOf, T0 } from './facts.ts'

const BOB = '492@s.whatsapp.net'
/** As docs/operations.md says. */
const MOST = 5000

const receipt = (
  whatsAppIds: ReadonlyArray<string>,
  extra: Partial<Extract<Fact, { kind: 'receipt' }>> = {}
): Fact => ({
  kind: 'receipt',
  chat: { jid: ANN },
  recipient: { jid: ANN },
  whatsAppIds,
  status: 'delivered',
  at: T0,
  ...extra
})

const madeUp = (count: number, name = 'NEVER'): ReadonlyArray<string> =>
  Array.from({ length: count }, (_, n) => `${name}${n}`)

const own = (whatsAppId: string, chat = ANN) =>
  message(whatsAppId, { sender: 'me', status: 'sent', chat: { jid: chat }, live: false })

const receiptsOf = (whatsAppId: string, chat = ANN) =>
  ReceiptStore.use(receipts => receipts.list(threadIdOf(ACCOUNT, chat), messageIdOf('me', whatsAppId)))

/** How much is kept of receipts and changes in all. */
const kept = Effect.flatMap(SqlClient.SqlClient, sql =>
  Effect.map(
    sql<{ rows: number }>`SELECT (SELECT COUNT(*) FROM receipts) + (SELECT COUNT(*) FROM waiting_changes)
      + (SELECT COUNT(*) FROM sealed_add_ons) AS rows`,
    ([row]) => row?.rows
  )
)

const overLimit = Effect.map(
  Incidents.use(incidents => incidents.list({ accountId: ACCOUNT, limit: 100 })),
  all => all.filter(({ kind }) => kind === 'waiting.overLimit').map(({ count }) => count)
)

test('receipts that come before their message count when it comes, whoever read it first', async () => {
  await onDatabase(
    Effect.gen(function* () {
      yield* apply(receipt(['A', 'B']), receipt(['A'], { status: 'read', at: T0 + 2000 }))
      yield* apply(receipt(['A'], { status: 'delivered', at: T0 + 3000 }))
      const inGroup = { chat: { jid: GROUP }, status: 'played' as const }
      yield* apply(receipt(['G'], inGroup), receipt(['G'], { ...inGroup, recipient: { jid: BOB } }))
      expect(yield* receiptsOf('A')).toEqual([])

      yield* apply(own('A'), own('B'), own('G', GROUP))
      expect(yield* receiptsOf('A')).toEqual([
        { recipient: ANN, deliveredAt: T0, readAt: T0 + 2000, playedAt: null }
      ])
      expect((yield* receiptsOf('G', GROUP)).map(({ recipient }) => recipient)).toEqual([ANN, BOB])
      const statuses = (yield* messagesOf(ANN)).map(({ status, whatsAppId }) => [whatsAppId, status])
      expect(Object.fromEntries(statuses)).toEqual({ A: 'read', B: 'delivered' })
      expect((yield* messagesOf(GROUP))[0]?.status).toBe('played')
      // Nothing waits any more: two receipts of single messages, two of the group's.
      expect(yield* kept).toBe(4)
    })
  )
})

test('receipts that wait under a person’s other address find their message', async () => {
  await onDatabase(
    Effect.gen(function* () {
      yield* apply(receipt(['A'], { chat: { jid: ANN_LID }, recipient: { jid: ANN_LID } }))
      yield* apply(own('A'))
      yield* apply({ kind: 'samePerson', phoneJid: ANN, lidJid: ANN_LID, at: 0 })
      expect((yield* messagesOf(ANN))[0]?.status).toBe('delivered')
      expect(yield* receiptsOf('A')).toMatchObject([{ recipient: ANN, deliveredAt: T0 }])
    })
  )
})

test('receipts for made-up messages: the newest 5,000 of a person are kept, one incident counts the others', async () => {
  await onDatabase(
    Effect.gen(function* () {
      yield* apply(receipt(['BOBS'], { recipient: { jid: BOB }, chat: { jid: GROUP } }))
      yield* apply(receipt(['OLD']), receipt(madeUp(MOST - 1)))
      expect(yield* overLimit).toEqual([])
      for (let n = 0; n < 3; n += 1) yield* apply(receipt(madeUp(500, `MORE${n}-`)))
      expect(yield* kept).toBe(MOST + 1)
      expect(yield* overLimit).toEqual([1500])

      // The newest still find their message, and so does somebody else's.
      yield* apply(own('OLD'), own('MORE2-499'), own('BOBS', GROUP))
      const statuses = (yield* messagesOf(ANN)).map(({ status, whatsAppId }) => [whatsAppId, status])
      expect(Object.fromEntries(statuses)).toEqual({ 'MORE2-499': 'delivered', OLD: 'sent' })
      expect((yield* messagesOf(GROUP))[0]?.status).toBe('delivered')
    })
  )
})

test('changes of made-up messages are bounded by their number and by their size', async () => {
  await onDatabase(
    Effect.gen(function* () {
      const changes = (count: number, name: string) =>
        madeUp(count, name).map((id, n) => change(id, { to: 'reacted', emoji: '👍', at: T0 + n }))
      yield* apply(...changes(MOST, 'A'))
      yield* apply(...changes(10, 'B'))
      expect(yield* kept).toBe(MOST)

      const long = madeUp(300, 'LONG').map(id =>
        change(id, { to: 'edited', body: 'ä'.repeat(60_000), at: T0 })
      )
      yield* apply(...long)
      const sql = yield* SqlClient.SqlClient
      const [size] = yield* sql<{
        bytes: number
      }>`SELECT SUM(octet_length(change)) AS bytes FROM waiting_changes`
      expect(size?.bytes).toBeLessThanOrEqual(16 * 1024 * 1024)
      expect(size?.bytes).toBeGreaterThan(15 * 1024 * 1024)
    })
  )
})

test('encrypted edits and votes for made-up messages are bounded in the same way', async () => {
  const sealed = (whatsAppId: string): Fact => ({
    kind: 'sealed',
    addOn: 'pollVote',
    chat: { jid: ANN },
    target: { sender: 'me', whatsAppId },
    by: { jid: ANN },
    whatsAppId: `vote-${whatsAppId}`,
    timestamp: T0,
    live: true,
    self: { jid: '490@s.whatsapp.net' },
    payload: 'AAAA',
    iv: 'AAAA',
    keyId: whatsAppId,
    authors: [ANN],
    targetAuthors: []
  })
  await onDatabase(
    Effect.gen(function* () {
      yield* apply(...madeUp(MOST + 20).map(sealed), { ...sealed('MINE'), by: 'me' } as Fact)
      expect(yield* kept).toBe(MOST + 1)
      expect(yield* overLimit).toEqual([20])
    })
  )
})

test('what the owner did, and files that become messages of their own, are not among what is removed', async () => {
  await onDatabase(
    Effect.gen(function* () {
      const stars = madeUp(MOST + 5).map(id =>
        change(id, { to: 'starred', starred: true, at: T0 }, { by: 'me' })
      )
      yield* apply(...stars)
      expect(yield* kept).toBe(MOST + 5)
      expect(yield* overLimit).toEqual([])
    })
  )
})

test('what waits of a person is found by an index', async () => {
  await onDatabase(
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      for (const table of ['waiting_changes', 'sealed_add_ons']) {
        const plan = yield* sql.unsafe(
          `EXPLAIN QUERY PLAN SELECT 1 FROM ${table} WHERE account_id = 'a' AND by_person IN (SELECT value FROM json_each('["b"]'))`
        )
        expect(JSON.stringify(plan)).toContain(`${table}_by_person`)
      }
    })
  )
})
