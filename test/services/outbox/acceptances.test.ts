// Requests that come at the same time: they share a transaction, and nothing else.
import { Effect, Exit, Fiber, Option } from 'effect'
import { SqlClient, type SqlError } from 'effect/sql'
import { expect, test } from 'vitest'
import { EntryWithChange } from '../../../src/services/access/audit-log.ts'
import { AccountStore } from '../../../src/services/conversations/account-store.ts'
import { Outbox } from '../../../src/services/outbox/outbox.ts'
import { ACCOUNT } from './account.ts'
import { run } from './on-database.ts'

const accountId = ACCOUNT.accountId
const together = { concurrency: 'unbounded' } as const

const ask = (text: string, idempotencyKey?: string, toJid = '491@s.whatsapp.net') =>
  Outbox.use(outbox =>
    outbox.accept({
      accountId,
      toJid,
      content: { kind: 'text', text },
      fingerprint: text,
      idempotencyKey
    })
  )

/** With what the request writes first in its transaction. */
const writingFirst = <A, E, R>(
  work: Effect.Effect<A, E, R>,
  first: (sql: SqlClient.SqlClient) => Effect.Effect<unknown, SqlError.SqlError>
) => SqlClient.SqlClient.use(sql => Effect.provideService(work, EntryWithChange, Effect.asVoid(first(sql))))

const entries = Outbox.use(outbox => outbox.list({ accountId, limit: 1000 }))
const texts = SqlClient.SqlClient.use(sql =>
  Effect.map(sql<{ body: string }>`SELECT body FROM messages ORDER BY message_row`, rows =>
    rows.map(({ body }) => body)
  )
)

test('requests that come together are accepted in one transaction, in their order', async () => {
  const transactions = new Set<unknown>()
  const noteTransaction = (sql: SqlClient.SqlClient) =>
    Effect.map(Effect.serviceOption(sql.transactionService), running =>
      transactions.add(Option.getOrThrow(running))
    )
  const asked = Array.from({ length: 20 }, (_, n) => `text ${n}`)
  const [answers, stored] = await run(
    () => Effect.undefined,
    Effect.gen(function* () {
      const accepted = yield* Effect.forEach(
        asked,
        (text, n) => writingFirst(ask(text, undefined, `49${n % 3}@s.whatsapp.net`), noteTransaction),
        together
      )
      return [accepted, yield* texts] as const
    })
  )
  expect(stored).toEqual(asked)
  expect(new Set(answers.map(({ entryId }) => entryId)).size).toBe(20)
  expect(transactions.size).toBeLessThan(3)
})

test('a key that comes twice at once is one message; a key with another text is refused', async () => {
  const [first, second, other, stored] = await run(
    () => Effect.undefined,
    Effect.gen(function* () {
      const [one, two, three] = yield* Effect.all(
        [ask('once', 'key'), ask('once', 'key'), Effect.flip(ask('another', 'key'))],
        together
      )
      return [one, two, three, yield* texts] as const
    })
  )
  expect(second).toEqual(first)
  expect(other).toMatchObject({ _tag: 'IdempotencyConflict' })
  expect(stored).toEqual(['once'])
})

test('a request that cannot be written fails alone and leaves nothing', async () => {
  const [exits, stored, listed] = await run(
    () => Effect.undefined,
    Effect.gen(function* () {
      const broken = writingFirst(ask('broken'), sql => sql`INSERT INTO nowhere VALUES (1)`)
      const answered = yield* Effect.forEach(
        [ask('before'), broken, ask('behind')],
        one => Effect.exit(one),
        together
      )
      return [answered, yield* texts, yield* entries] as const
    })
  )
  expect(exits.map(Exit.isSuccess)).toEqual([true, false, true])
  expect(stored).toEqual(['before', 'behind'])
  expect(listed).toHaveLength(2)
})

test('a request of an account that was removed since it was checked is refused, and leaves nothing', async () => {
  const [refused, other, left] = await run(
    () => Effect.undefined,
    Effect.gen(function* () {
      const accounts = yield* AccountStore
      const sql = yield* SqlClient.SqlClient
      yield* accounts.create({ ...ACCOUNT, accountId: 'acc-other' })
      yield* accounts.remove(accountId)
      const ofOther = Outbox.use(outbox =>
        outbox.accept({
          accountId: 'acc-other',
          toJid: '491@s.whatsapp.net',
          content: { kind: 'text', text: 'goes on' },
          fingerprint: 'goes on'
        })
      )
      const [gone, accepted] = yield* Effect.all([Effect.flip(ask('secret')), ofOther], together)
      const ids = yield* sql<{ accountId: string }>`SELECT account_id FROM outbox
        UNION ALL SELECT account_id FROM messages UNION ALL SELECT account_id FROM threads`
      return [gone, accepted, ids.map(row => row.accountId)] as const
    })
  )
  expect(refused).toMatchObject({ _tag: 'AccountNotFound', accountId })
  expect(other.threadId).toContain('acc-other')
  expect(left).toEqual(['acc-other', 'acc-other', 'acc-other'])
})

test('who stops waiting before the request is written takes it back', async () => {
  const stored = await run(
    () => Effect.undefined,
    Effect.gen(function* () {
      const gone = yield* Effect.forkChild(ask('gone'), { startImmediately: true })
      yield* Fiber.interrupt(gone)
      yield* ask('stays')
      return yield* texts
    })
  )
  expect(stored).toEqual(['stays'])
})
