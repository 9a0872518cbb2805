// Pages: whatever is stored, deleted or merged between two of them, no message is lost or shown twice.
import { Effect } from 'effect'
import { SqlClient } from 'effect/sql'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Fact } from '../../../src/domain/fact.ts'
import { messageIdOf, threadIdOf } from '../../../src/domain/ids.ts'
import { type Cursor, decodeMessagePlace, decodePlace, encodeCursor } from '../../../src/domain/page.ts'
import type { MessageFilter } from '../../../src/domain/reading.ts'
import { MessageStore } from '../../../src/services/conversations/message-store.ts'
import { ThreadStore } from '../../../src/services/conversations/thread-store.ts'
import { onDatabase } from '../database.ts'
import { ACCOUNT, ANN, ANN_LID, apply, GROUP, message, messagesOf, T0, threads } from './facts.ts'
import { thorough } from '../../thorough.ts'

const THREAD = threadIdOf(ACCOUNT, ANN)
const ONE: Fact = { kind: 'samePerson', phoneJid: ANN, lidJid: ANN_LID, at: 0 }

/** As a client keeps it: text. */
const journey = (cursor: Cursor | null) =>
  cursor === null
    ? undefined
    : (decodeMessagePlace(encodeCursor(cursor)) ?? decodePlace(encodeCursor(cursor)))

const page = (query: { before?: Cursor; after?: Cursor; limit: number } & MessageFilter, thread = THREAD) =>
  Effect.map(
    MessageStore.use(messages => messages.list(thread, query)),
    ({ messages, newer, older }) => ({
      ids: messages.map(found => found.whatsAppId),
      older: journey(older),
      newer: journey(newer)
    })
  )

/** From the newest to the oldest; `between` runs after each page. */
const down = Effect.fnUntraced(function* <E = never, R = never>(
  limit: number,
  filter: MessageFilter = {},
  between: (pages: number) => Effect.Effect<unknown, E, R> = () => Effect.void,
  thread = THREAD
) {
  const ids: Array<string> = []
  let before: Cursor | undefined
  for (let pages = 0; ; pages++) {
    const found = yield* page({ limit, ...(before && { before }), ...filter }, thread)
    ids.push(...found.ids)
    before = found.older
    if (before === undefined) return ids
    yield* between(pages)
  }
})

/** From a place to the newest. */
const up = Effect.fnUntraced(function* <E = never, R = never>(
  start: Cursor,
  limit: number,
  filter: MessageFilter = {},
  between: (pages: number) => Effect.Effect<unknown, E, R> = () => Effect.void,
  thread = THREAD
) {
  const ids: Array<string> = []
  let after = start
  for (let pages = 0; ; pages++) {
    const found = yield* page({ limit, after, ...filter }, thread)
    ids.push(...found.ids.toReversed())
    if (found.ids.length === 0) return ids
    after = found.newer ?? after
    yield* between(pages)
  }
})

const START: Cursor = { time: 0, id: '-', row: 0 }

test('in both directions every message comes once, with many in one second and more coming in between', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.nat(4), { minLength: 1, maxLength: 40 }),
      fc.array(fc.nat(4), { maxLength: 20 }),
      fc.integer({ min: 1, max: 7 }),
      (seconds, later, limit) =>
        onDatabase(
          Effect.gen(function* () {
            const at = (second: number, id: string) => message(id, { timestamp: T0 + second * 1000 })
            yield* apply(...seconds.map((second, index) => at(second, `M${index}`)))
            const there = (yield* messagesOf(ANN)).map(found => found.whatsAppId)
            const waiting = later.map((second, index) => at(second, `L${index}`))
            const more = () => Effect.suspend(() => apply(...waiting.splice(0, 2)))
            const isOld = (id: string) => id.startsWith('M')

            const seen = yield* down(limit, {}, more)
            expect(new Set(seen).size).toBe(seen.length)
            expect(seen.filter(isOld)).toEqual(there)
            const back = yield* up(START, limit, {}, more)
            expect(new Set(back).size).toBe(back.length)
            expect(back.filter(isOld)).toEqual(there.toReversed())
          })
        )
    ),
    { numRuns: thorough(10, 200) }
  )
})

test('a filter changes which messages come, not that each comes once', async () => {
  await onDatabase(
    Effect.gen(function* () {
      // More than are looked at in one statement, and the wanted ones far apart.
      const all = Array.from({ length: 4500 }, (_, index) => index)
      yield* apply(
        ...all.map(index =>
          message(`M${index}`, {
            timestamp: T0 + Math.floor(index / 3) * 1000,
            type: index % 1500 < 2 ? 'image' : 'text',
            live: false,
            ...(index % 900 === 0 ? { sender: 'me', status: 'sent' } : {})
          })
        )
      )
      const ids = (keep: (index: number) => boolean) => all.filter(keep).map(index => `M${index}`)
      const isImage = (index: number) => index % 1500 < 2
      for (const limit of [1, 2, 50]) {
        expect(yield* down(limit, { types: ['image', 'video'] })).toEqual(ids(isImage).toReversed())
        expect(yield* up(START, limit, { types: ['image'] })).toEqual(ids(isImage))
      }
      expect(yield* down(2, { sender: 'me' })).toEqual(ids(index => index % 900 === 0).toReversed())
      expect(yield* down(2, { sender: ANN, types: ['image'] })).toEqual(
        ids(index => isImage(index) && index % 900 !== 0).toReversed()
      )
      const times = { since: T0 + 10_000, until: T0 + 12_000 }
      expect(yield* down(4, times)).toEqual(ids(index => index >= 30 && index < 36).toReversed())
      expect(yield* up(START, 4, times)).toEqual(ids(index => index >= 30 && index < 36))
      expect(yield* down(5, { types: ['video'] })).toEqual([])
    })
  )
})

test('a cursor holds its place when its message is deleted from the database, moved or merged away', async () => {
  await onDatabase(
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      yield* apply(...['A', 'B', 'C', 'D', 'E'].map(id => message(id)))
      const { older, newer } = yield* page({ limit: 2 })
      yield* sql`DELETE FROM messages WHERE whatsapp_id = 'D'`
      yield* MessageStore.use(messages =>
        messages.change(ACCOUNT, [
          { threadId: THREAD, messageId: messageIdOf('them', 'E'), change: { to: 'timed', at: T0 + 9000 } }
        ])
      )
      expect((yield* page({ limit: 9, before: older! })).ids).toEqual(['C', 'B', 'A'])
      yield* apply(message('F'))
      expect((yield* page({ limit: 9, after: newer! })).ids).toContain('F')
    })
  )
})

test('a cursor without a row, as earlier versions gave out, goes on; when its message is gone its second is shown again', async () => {
  await onDatabase(
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      yield* apply(...['A', 'B', 'C'].map(id => message(id)))
      const cursor = { time: T0, id: messageIdOf('them', 'B') }
      expect((yield* page({ limit: 9, before: cursor })).ids).toEqual(['A'])
      expect((yield* page({ limit: 9, after: cursor })).ids).toEqual(['C'])
      yield* sql`DELETE FROM messages WHERE whatsapp_id = 'B'`
      expect((yield* page({ limit: 9, before: cursor })).ids).toEqual(['C', 'A'])
      expect((yield* page({ limit: 9, after: cursor })).ids).toEqual(['C', 'A'])
    })
  )
})

test('who pages through a thread that is merged meanwhile sees the rest of it, by its old id', async () => {
  await onDatabase(
    Effect.gen(function* () {
      const lid = { chat: { jid: ANN_LID }, sender: { jid: ANN_LID } }
      yield* apply(...['A', 'B'].map(id => message(id)))
      yield* apply(...['P', 'Q', 'R', 'S', 'T'].map(id => message(id, lid)))
      const seen = yield* down(
        2,
        {},
        pages => (pages === 0 ? apply(ONE) : Effect.void),
        threadIdOf(ACCOUNT, ANN_LID)
      )
      expect(seen).toEqual(['T', 'S', 'R', 'Q', 'P', 'B', 'A'])
    })
  )
})

test('VACUUM renumbers nothing: cursors and read marks stay where they were', async () => {
  await onDatabase(
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const threadStore = yield* ThreadStore
      yield* apply(
        ...Array.from({ length: 40 }, (_, index) => message(`OLD${index}`, { chat: { jid: GROUP } }))
      )
      yield* apply(...['A', 'B', 'C'].map(id => message(id)))
      yield* threadStore.markRead(ACCOUNT, THREAD, { whatsAppIds: ['B'] })
      const { older } = yield* page({ limit: 1 })
      yield* sql`DELETE FROM messages WHERE whatsapp_id LIKE 'OLD%'`
      yield* sql`VACUUM`
      expect((yield* page({ limit: 9, before: older! })).ids).toEqual(['B', 'A'])
      yield* apply(message('D'))
      const [thread] = yield* threads
      expect(thread?.unreadCount).toBe(2)
      expect((yield* threadStore.unread(THREAD, 9)).map(found => found.whatsAppId)).toEqual(['D', 'C'])
    })
  )
})

test('threads that stay come once going down; those that moved up are found going up from the first page', async () => {
  await onDatabase(
    Effect.gen(function* () {
      const threads = yield* ThreadStore
      const jid = (index: number) => `49${index}@s.whatsapp.net`
      const from = (index: number, second: number) =>
        message(`M${index}-${second}`, {
          chat: { jid: jid(index) },
          sender: { jid: jid(index) },
          timestamp: T0 + second * 1000
        })
      yield* apply(...Array.from({ length: 9 }, (_, index) => from(index, index % 3)))
      const seen: Array<string> = []
      let before: Cursor | undefined
      let top: Cursor | undefined
      do {
        const found = yield* threads.list(ACCOUNT, { limit: 4, before })
        seen.push(...found.threads.map(thread => thread.clientJid))
        top ??= found.newer ?? undefined
        before = journey(found.older)
        // One that was not seen yet, and one that was.
        yield* apply(from(0, 100 + seen.length), from(8, 200 + seen.length))
      } while (before !== undefined)
      expect(new Set(seen).size).toBe(seen.length)
      const moved = yield* threads.list(ACCOUNT, { limit: 10, after: top })
      expect(moved.threads.map(thread => thread.clientJid)).toEqual([jid(8), jid(0)])
      expect(moved.older).not.toBeNull()
      expect(new Set([...seen, jid(0)]).size).toBe(9)
    })
  )
})

test('threads are filtered by what they are and what they are called', async () => {
  await onDatabase(
    Effect.gen(function* () {
      const threads = yield* ThreadStore
      const bob = '4915112345678@s.whatsapp.net'
      yield* apply(
        message('A'),
        message('B', { chat: { jid: bob }, sender: { jid: bob } }),
        message('G', { chat: { jid: GROUP } }),
        { kind: 'contact', person: { jid: ANN }, name: 'Änne Müller' },
        {
          kind: 'chat',
          chat: { jid: GROUP },
          name: '工作群 Büro',
          settings: [{ setting: 'archived', value: 1, at: T0 }]
        }
      )
      yield* threads.markRead(ACCOUNT, THREAD, 'everything')
      const named = (filter: object) =>
        Effect.map(threads.list(ACCOUNT, { limit: 9, ...filter }), ({ threads: found }) =>
          found.map(thread => thread.clientJid)
        )
      expect(yield* named({ text: 'anne mull' })).toEqual([ANN])
      expect(yield* named({ text: 'MÜLLER' })).toEqual([ANN])
      expect(yield* named({ text: '工作' })).toEqual([GROUP])
      expect(yield* named({ text: '+49 151 123' })).toEqual([bob])
      expect(yield* named({ text: '%' })).toEqual([])
      expect(yield* named({ archived: true })).toEqual([GROUP])
      expect(yield* named({ archived: false, unread: true })).toEqual([bob])
      expect(yield* named({ kind: 'direct', unread: false })).toEqual([ANN])
    })
  )
})

test('no page reads a whole thread or account to find its place', async () => {
  const plans = await onDatabase(
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const planOf = (query: string) =>
        Effect.map(sql.unsafe<{ detail: string }>(`EXPLAIN QUERY PLAN ${query}`), rows =>
          rows.map(row => row.detail)
        )
      const between = `m.thread_id = 'x' AND (m.ts_client, m.message_row) > (1, 1) AND (m.ts_client, m.message_row) < (9, 9)`
      return [
        yield* planOf(
          `SELECT * FROM messages m WHERE ${between} ORDER BY m.ts_client DESC, m.message_row DESC LIMIT 5`
        ),
        yield* planOf(
          `SELECT * FROM messages m WHERE ${between} AND m.message_row <= 5 ORDER BY m.ts_client, m.message_row LIMIT 5`
        ),
        yield* planOf(`SELECT * FROM threads t WHERE t.account_id = 'x'
          AND (COALESCE(t.last_message_at, 0), t.thread_id) > (1, 'x')
          ORDER BY COALESCE(t.last_message_at, 0) ASC, t.thread_id ASC LIMIT 5`)
      ]
    })
  )
  // One search each, and nothing sorted afterwards.
  const byTime = [
    expect.stringContaining('USING INDEX messages_by_time (thread_id=? AND ts_client>? AND ts_client<?)')
  ]
  expect(plans).toEqual([
    byTime,
    byTime,
    [expect.stringContaining('USING INDEX threads_recent (account_id=?')]
  ])
})
