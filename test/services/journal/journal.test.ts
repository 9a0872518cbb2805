import { Effect, Exit } from 'effect'
import { SqlClient } from 'effect/sql'
import { expect, test } from 'vitest'
import { Journal } from '../../../src/services/journal/journal.ts'
import { Vault } from '../../../src/services/vault/vault.ts'
import { onDatabase } from '../database.ts'

const arrival = (fingerprint: string | null, content = 'plaintext of a message') => ({
  accountId: 'acc-1',
  kind: 'message',
  fingerprint,
  content: Buffer.from(content)
})

const record = (journal: Journal['Service'], ...deferred: Parameters<Journal['Service']['defer']>) =>
  Effect.suspend(() => {
    journal.defer(...deferred)
    return journal.writeDeferred(deferred[0].accountId) ?? Effect.void
  })

test('the ratchet step and the plaintext are written together or not at all', async () => {
  const { kept, lost } = await onDatabase(
    Effect.gen(function* () {
      const journal = yield* Journal
      const sql = yield* SqlClient.SqlClient
      const stored = Effect.gen(function* () {
        const [keys] = yield* sql<{ n: number }>`SELECT COUNT(*) AS n FROM vault_keys`
        return { keys: keys?.n, entries: (yield* journal.waiting('acc-1', 10)).length }
      })
      yield* sql`CREATE TRIGGER full_disk BEFORE INSERT ON journal BEGIN SELECT RAISE(ABORT, 'disk full'); END`
      const writing = record(journal, arrival('f1'), { session: { 'a.0': Buffer.from('ratchet 2') } })
      const exit = yield* Effect.exit(writing)
      const lost = { isFailure: Exit.isFailure(exit), ...(yield* stored) }
      yield* sql`DROP TRIGGER full_disk`
      yield* journal.writeDeferred('acc-1') ?? Effect.void
      return { lost, kept: yield* stored }
    })
  )
  expect(lost).toEqual({ isFailure: true, keys: 0, entries: 0 })
  expect(kept).toEqual({ keys: 1, entries: 1 })
})

test('what is not written yet is known, and written with the next keys of its account, whoever changes them', async () => {
  const told = await onDatabase(
    Effect.gen(function* () {
      const journal = yield* Journal
      const vault = yield* Vault
      let ended = 0
      journal.defer(
        arrival('f1', 'first'),
        { session: { 'a.0': Buffer.from('ratchet 2') } },
        () => (ended += 1)
      )
      journal.defer(arrival('f2', 'second'), undefined, () => (ended += 1))
      const before = {
        recalled: (yield* journal.recall('acc-1', 'f2'))?.toString(),
        session: vault.knownKeys('acc-1', 'session', ['a.0'])?.get('a.0')?.toString(),
        waiting: (yield* journal.waiting('acc-1', 10)).length,
        ended
      }
      yield* vault.writeKeys('acc-2', { session: { 'b.0': Buffer.from('of another account') } })
      const meanwhile = (yield* journal.waiting('acc-1', 10)).length
      yield* vault.writeKeys('acc-1', { 'pre-key': { '1': Buffer.from('new') } })
      const after = {
        waiting: (yield* journal.waiting('acc-1', 10)).map(({ content }) => content.toString()),
        isAllWritten: journal.writeDeferred('acc-1') === undefined,
        ended
      }
      return { before, meanwhile, after }
    })
  )
  expect(told.before).toEqual({ recalled: 'second', session: 'ratchet 2', waiting: 0, ended: 0 })
  expect(told.meanwhile).toBe(0)
  expect(told.after).toEqual({ waiting: ['first', 'second'], isAllWritten: true, ended: 2 })
})

test('a repeat is recalled word for word and not written again', async () => {
  const [recalled, unknown, waiting] = await onDatabase(
    Effect.gen(function* () {
      const journal = yield* Journal
      yield* record(journal, arrival('f1'))
      yield* record(journal, arrival('f1'))
      return [
        yield* journal.recall('acc-1', 'f1'),
        yield* journal.recall('acc-1', 'f2'),
        yield* journal.waiting('acc-1', 10)
      ] as const
    })
  )
  expect(recalled?.toString()).toBe('plaintext of a message')
  expect(unknown).toBeUndefined()
  expect(waiting).toHaveLength(1)
})

test('entries come in the order in which they were received and are kept after being ingested', async () => {
  const [first, rest, recalled] = await onDatabase(
    Effect.gen(function* () {
      const journal = yield* Journal
      for (const n of [1, 2, 3]) yield* record(journal, arrival(`f${n}`, String(n)))
      const before = yield* journal.waiting('acc-1', 2)
      yield* journal.settle(before.map(entry => entry.entryId))
      return [before, yield* journal.waiting('acc-1', 2), yield* journal.recall('acc-1', 'f1')] as const
    })
  )
  expect(first.map(entry => entry.content.toString())).toEqual(['1', '2'])
  expect(rest.map(entry => entry.content.toString())).toEqual(['3'])
  expect(recalled?.toString()).toBe('1')
})

test('what is forgotten was ingested, and long ago', async () => {
  const left = await onDatabase(
    Effect.gen(function* () {
      const journal = yield* Journal
      const ingest = Effect.flatMap(journal.waiting('acc-1', 10), entries =>
        journal.settle(entries.map(entry => entry.entryId))
      )
      yield* record(journal, arrival('ingested long ago'))
      yield* ingest
      const sql = yield* SqlClient.SqlClient
      yield* sql`UPDATE journal SET ingested_at = 1000`
      yield* record(journal, arrival('ingested just now'))
      yield* ingest
      yield* record(journal, arrival('waiting'))
      yield* journal.forget('acc-1', 2000)
      const names = ['ingested long ago', 'ingested just now', 'waiting']
      return (yield* Effect.forEach(names, name => journal.recall('acc-1', name))).map(
        content => content !== undefined
      )
    })
  )
  expect(left).toEqual([false, true, true])
})

test('nothing readable of a message is in the journal', async () => {
  const rows = await onDatabase(
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      yield* Journal.use(journal => record(journal, arrival('f1', 'the message text')))
      return yield* sql<{ sealed: Uint8Array }>`SELECT * FROM journal`
    })
  )
  expect(Buffer.from(rows[0]!.sealed).includes('message text')).toBe(false)
})

test('large entries are read a few at a time, in their order: everybody waits for the transaction that stores them', async () => {
  await onDatabase(
    Effect.gen(function* () {
      const journal = yield* Journal
      const names = Array.from({ length: 25 }, (_, n) => `large ${n}`)
      const large = (name: string) => record(journal, arrival(name, name.padEnd(100_000)))
      yield* Effect.forEach(names, large)
      yield* record(journal, arrival('huge', 'huge'.padEnd(3_000_000)))
      const read: Array<ReadonlyArray<string>> = []
      while (read.flat().length < 26) {
        const entries = yield* journal.waiting('acc-1', 200)
        read.push(entries.map(({ content }) => content.toString().trim()))
        yield* journal.settle(entries.map(({ entryId }) => entryId))
      }
      expect(read.flat()).toEqual([...names, 'huge'])
      expect(read.map(({ length }) => length)).toEqual([6, 6, 6, 6, 2])
    })
  )
})

test('what cannot be read is kept for a newer version: the newest 1,000 of a sender, found by an index', async () => {
  await onDatabase(
    Effect.gen(function* () {
      const journal = yield* Journal
      const sql = yield* SqlClient.SqlClient
      const setAside = Effect.fnUntraced(function* (sender: string, names: ReadonlyArray<string>) {
        yield* Effect.forEach(names, name => record(journal, arrival(name)))
        const waiting = yield* journal.waiting('acc-1', names.length)
        return yield* journal.setAside(
          'acc-1',
          waiting.map(({ entryId }) => ({ entryId, sender }))
        )
      })
      const isKept = (name: string) =>
        Effect.map(journal.recall('acc-1', name), content => content !== undefined)

      expect(yield* setAside('bob', ['bob’s'])).toBe(0)
      const names = Array.from({ length: 1200 }, (_, n) => `ann’s ${n}`)
      expect(yield* setAside('ann', names.slice(0, 1000))).toBe(0)
      expect(yield* setAside('ann', names.slice(1000))).toBe(200)
      expect([yield* isKept('ann’s 199'), yield* isKept('ann’s 200'), yield* isKept('bob’s')]).toEqual([
        false,
        true,
        true
      ])
      expect(yield* journal.waiting('acc-1', 1)).toEqual([])

      const plan =
        yield* sql`EXPLAIN QUERY PLAN SELECT 1 FROM journal WHERE account_id = 'a' AND sender IN ('b')`
      expect(JSON.stringify(plan)).toContain('journal_set_aside')
    })
  )
})
