// A database of an earlier version is brought up to date with everything that is in it.
import { Effect, Layer, Logger } from 'effect'
import { SqlClient } from 'effect/sql'
import { expect, test } from 'vitest'
import { AccountStore } from '../../../src/services/conversations/account-store.ts'
import type { MessagePage } from '../../../src/services/conversations/queries.ts'
import { MessageSearch } from '../../../src/services/conversations/message-search.ts'
import { MessageStore } from '../../../src/services/conversations/message-store.ts'
import { ReceiptStore } from '../../../src/services/conversations/receipt-store.ts'
import { ThreadStore } from '../../../src/services/conversations/thread-store.ts'
import * as NodeSqlite from '../../../src/services/database/sqlite/node-sqlite.ts'
import { MIGRATIONS, upgrade } from '../../../src/services/database/migrations.ts'
import { columnsOf } from '../../../src/services/database/dialect.ts'
import { TRACKED_TABLES } from '../../../src/services/firestore/publish/tracked-tables.ts'
import { createTriggers } from '../../../src/services/firestore/publish/triggers.ts'
import { TABLES } from '../../../src/app/tables.ts'
import { AccountMemory } from '../../../src/services/process/account-memory.ts'
import { Wakes } from '../../../src/services/process/wakes.ts'
import { Tables } from '../../../src/services/database/tables.ts'
import { dueSealed } from '../../../src/services/conversations/sql/sealed-add-ons.ts'
import { EventLog } from '../../../src/services/events/event-log.ts'
import * as ConversationStores from '../../../src/services/conversations/layer.ts'

/** The triggers as a server of the database's version had made them: of the columns that it has. */
const installTracking = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  for (const tracked of TRACKED_TABLES) {
    const names = (yield* columnsOf(sql, tracked.table)).map(({ name }) => name)
    if (names.length === 0) continue
    const columns = (tracked.columns ?? names).filter(column => names.includes(column))
    // References between documents came with the columns of 0020.
    const { keyColumns: _keys, referring: _referring, ...earlier } = tracked
    for (const trigger of createTriggers(sql, { ...earlier, columns }, names)) yield* sql.unsafe(trigger)
  }
})

const stores = ConversationStores.layer.pipe(
  Layer.provide(EventLog.layer),
  Layer.provide([AccountMemory.layer, Tables.layer(TABLES), Wakes.layer]),
  Layer.provideMerge(NodeSqlite.layer(':memory:')),
  Layer.provideMerge(Logger.layer([]))
)

test('0002 keeps unread counts, counts messages and understands what waits in the outbox', async () => {
  const [account, thread, outbox] = await Effect.runPromise(
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      yield* upgrade({ '0001_foundation': MIGRATIONS['0001_foundation'] })
      yield* sql`INSERT INTO accounts (account_id, name, created_at, wanted) VALUES ('acc-1', 'Shop', 1, 1)`
      yield* sql`INSERT INTO threads (thread_id, account_id, client_jid, kind, last_message_at, unread_count, created_at)
        VALUES ('acc-1__1@s.whatsapp.net', 'acc-1', '1@s.whatsapp.net', 'direct', 1000, 7, 1)`
      yield* sql`INSERT INTO messages (thread_id, message_id, account_id, whatsapp_id, direction, type, status, ts_client, ts_server)
        VALUES ('acc-1__1@s.whatsapp.net', 'A_them', 'acc-1', 'A', 'inbound', 'text', 'received', 1000, 1)`
      yield* sql`INSERT INTO outbox (account_id, thread_id, message_id, whatsapp_id, to_jid, content, status, next_attempt_at,
          created_at, updated_at)
        VALUES ('acc-1', 'acc-1__1@s.whatsapp.net', 'B_me', 'B', '1@s.whatsapp.net', '{"text":"waiting"}', 'queued', 1, 1, 1)`
      yield* sql`INSERT INTO messages (thread_id, message_id, account_id, whatsapp_id, direction, type, status, ts_client, ts_server, raw)
        VALUES ('acc-1__1@s.whatsapp.net', 'B_me', 'acc-1', 'B', 'outbound', 'text', 'queued', 1000, 1, x'0102')`
      yield* sql`UPDATE messages SET type = 'image', media = ${JSON.stringify({
        mimeType: 'image/jpeg',
        fileName: null,
        size: 1,
        duration: null,
        width: null,
        height: null
      })} WHERE message_id = 'A_them'`
      yield* upgrade(MIGRATIONS)
      const image = yield* MessageStore.use(messages => messages.read('acc-1__1@s.whatsapp.net', 'A_them'))
      expect(image?.media).toMatchObject({ mimeType: 'image/jpeg', download: null })
      const accounts = yield* AccountStore
      const threads = yield* ThreadStore
      const [entry] = yield* sql<{
        content: string
        prepared: Uint8Array
      }>`SELECT content, prepared FROM outbox`
      return [yield* accounts.counts('acc-1'), yield* threads.read('acc-1__1@s.whatsapp.net'), entry] as const
    }).pipe(Effect.provide(stores))
  )
  expect(account).toEqual({ threads: 1, messages: 2 })
  expect(thread).toMatchObject({ unreadCount: 7 })
  expect(JSON.parse(outbox!.content)).toEqual({ kind: 'text', text: 'waiting' })
  expect(outbox!.prepared).toEqual(Uint8Array.of(1, 2))
})

test('0008 finds what was found before, and forgets it when it is edited', async () => {
  const found = await Effect.runPromise(
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const messageSearch = yield* MessageSearch
      const messageStore = yield* MessageStore
      const before = Object.entries(MIGRATIONS).filter(([name]) => name < '0008')
      yield* upgrade(Object.fromEntries(before))
      yield* sql`INSERT INTO accounts (account_id, name, created_at, wanted) VALUES ('acc-1', 'Shop', 1, 1)`
      yield* sql`INSERT INTO threads (thread_id, account_id, client_jid, kind, created_at)
        VALUES ('acc-1__1@s.whatsapp.net', 'acc-1', '1@s.whatsapp.net', 'direct', 1)`
      yield* sql`INSERT INTO messages (thread_id, message_id, account_id, whatsapp_id, direction, type, body, status, ts_client, ts_server)
        VALUES ('acc-1__1@s.whatsapp.net', 'A_them', 'acc-1', 'A', 'inbound', 'text', 'garden party', 'received', 1000, 1)`
      yield* upgrade(MIGRATIONS)
      const hits = (word: string) =>
        Effect.map(
          messageSearch.search('acc-1', {
            query: { wanted: [{ words: [word], prefix: false }], unwanted: [] },
            order: 'newest',
            limit: 5
          }),
          page => page.hits.map(hit => hit.message.body)
        )
      const upgraded = yield* hits('garden')
      yield* messageStore.change('acc-1', [
        {
          threadId: 'acc-1__1@s.whatsapp.net',
          messageId: 'A_them',
          change: { to: 'edited', body: 'cellar party', at: 2000 }
        }
      ])
      return [upgraded, yield* hits('garden'), yield* hits('cellar')]
    }).pipe(Effect.provide(stores))
  )
  expect(found).toEqual([['garden party'], [], ['cellar party']])
})

test('0014 names the rows of messages: pages, cursors, unread counts and the search stay as they were', async () => {
  const THREAD = 'acc-1__1@s.whatsapp.net'
  await Effect.runPromise(
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const [messages, threads] = [yield* MessageStore, yield* ThreadStore]
      const messageSearch = yield* MessageSearch
      yield* upgrade(Object.fromEntries(Object.entries(MIGRATIONS).filter(([name]) => name < '0014')))
      // The triggers of a server that publishes to Firestore name the column too.
      yield* installTracking
      yield* sql`INSERT INTO accounts (account_id, name, created_at, wanted, messages) VALUES ('acc-1', 'Shop', 1, 1, 4)`
      yield* sql`INSERT INTO threads (thread_id, account_id, client_jid, kind, created_at, mark_at, mark_row, unread_count)
        VALUES (${THREAD}, 'acc-1', '1@s.whatsapp.net', 'direct', 1, 1000, 12, 2)`
      // Rows with gaps, all of one second: only their numbers order them.
      for (const row of [7, 12, 30, 31]) {
        const [id, body] = [`M${row}`, `garden ${row}`]
        yield* sql`INSERT INTO messages (rowid, thread_id, message_id, account_id, whatsapp_id, direction, type, body, status, ts_client, ts_server)
          VALUES (${row}, ${THREAD}, ${`${id}_them`}, 'acc-1', ${id}, 'inbound', 'text', ${body}, 'received', 1000, 1)`
        yield* sql`INSERT INTO message_search (rowid, account, text) VALUES (${(1n << 31n) | BigInt(row)}, 'acc1', ${body})`
      }
      yield* upgrade(MIGRATIONS)

      expect(yield* sql`SELECT message_row, whatsapp_id FROM messages ORDER BY message_row`).toEqual(
        [7, 12, 30, 31].map(row => ({ messageRow: row, whatsAppId: `M${row}` }))
      )
      expect(yield* threads.read(THREAD)).toMatchObject({ unreadCount: 2 })
      expect((yield* threads.unread(THREAD, 9)).map(({ whatsAppId }) => whatsAppId)).toEqual(['M31', 'M30'])

      const idsOf = (page: MessagePage) => page.messages.map(({ whatsAppId }) => whatsAppId)
      const before = { time: 1000, id: 'M30_them', row: 30 }
      expect(idsOf(yield* messages.list(THREAD, { limit: 9 }))).toEqual(['M31', 'M30', 'M12', 'M7'])
      expect(idsOf(yield* messages.list(THREAD, { limit: 9, before }))).toEqual(['M12', 'M7'])

      const found = (word: string) =>
        Effect.map(
          messageSearch.search('acc-1', {
            query: { wanted: [{ words: [word], prefix: false }], unwanted: [] },
            order: 'newest',
            limit: 9
          }),
          ({ hits }) => hits.map(({ message }) => message.whatsAppId)
        )
      expect(yield* found('garden')).toEqual(['M31', 'M30', 'M12', 'M7'])
      yield* messages.change('acc-1', [
        { threadId: THREAD, messageId: 'M30_them', change: { to: 'edited', body: 'cellar', at: 2000 } }
      ])
      expect([yield* found('garden'), yield* found('cellar')]).toEqual([['M31', 'M12', 'M7'], ['M30']])

      yield* threads.markRead('acc-1', THREAD, { whatsAppIds: ['M30'] })
      expect(yield* threads.read(THREAD)).toMatchObject({ unreadCount: 1 })
      // A new message gets the next number.
      yield* sql`INSERT INTO messages (thread_id, message_id, account_id, whatsapp_id, direction, type, status, ts_client, ts_server)
        VALUES (${THREAD}, 'M_them', 'acc-1', 'M', 'inbound', 'text', 'received', 1000, 1)`
      expect(yield* sql`SELECT message_row FROM messages WHERE whatsapp_id = 'M'`).toEqual([
        { messageRow: 32 }
      ])
    }).pipe(Effect.provide(stores))
  )
})

test('words that were folded by other tables are indexed again, once', async () => {
  const found = await Effect.runPromise(
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      yield* upgrade(MIGRATIONS)
      yield* sql`INSERT INTO threads (thread_id, account_id, client_jid, kind, created_at)
        VALUES ('acc-1__1@s.whatsapp.net', 'acc-1', '1@s.whatsapp.net', 'direct', 1)`
      yield* sql`INSERT INTO messages (thread_id, message_id, account_id, whatsapp_id, direction, type, body, status, ts_client, ts_server)
        VALUES ('acc-1__1@s.whatsapp.net', 'A_them', 'acc-1', 'A', 'inbound', 'text', 'Garden', 'received', 1000, 1)`
      yield* sql`INSERT INTO message_search (rowid, account, text) VALUES (77, 'acc1', 'stale')`
      yield* sql`INSERT INTO search_folding VALUES (1, '1 of another Unicode')`
      const words = sql<{ term: string }>`SELECT term FROM temp.words WHERE col = 'text'`
      yield* sql`CREATE VIRTUAL TABLE temp.words USING fts5vocab(main, message_search, instance)`
      yield* Layer.build(ConversationStores.currentSearchIndex)
      const again = yield* words
      yield* sql`INSERT INTO message_search (rowid, account, text) VALUES (78, 'acc1', 'kept')`
      yield* Layer.build(ConversationStores.currentSearchIndex)
      return [again, yield* words]
    }).pipe(Effect.scoped, Effect.provide(NodeSqlite.layer(':memory:')))
  )
  expect(found).toEqual([[{ term: 'garden' }], [{ term: 'garden' }, { term: 'kept' }]])
})

test('0021 keeps why a connection ended, of unknown source, and suspends nobody', async () => {
  const account = await Effect.runPromise(
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      yield* upgrade(Object.fromEntries(Object.entries(MIGRATIONS).filter(([name]) => name < '0021')))
      const disconnect = JSON.stringify({ code: 503, reason: 'WhatsApp is unavailable', at: 7 })
      yield* sql`INSERT INTO accounts (account_id, name, created_at, wanted, last_disconnect)
        VALUES ('acc-1', 'Shop', 1, 1, ${disconnect}), ('acc-2', 'Fresh', 1, 1, NULL)`
      yield* upgrade(MIGRATIONS)
      expect(yield* AccountStore.use(accounts => accounts.read('acc-2'))).toMatchObject({
        lastDisconnect: null
      })
      return yield* AccountStore.use(accounts => accounts.read('acc-1'))
    }).pipe(Effect.provide(stores))
  )
  expect(account).toMatchObject({
    suspension: null,
    lastDisconnect: { code: 503, source: null, condition: null, reason: 'WhatsApp is unavailable', at: 7 }
  })
})

test('each upgrade is a transaction of its own: one that fails leaves those before it, and is done the next time', async () => {
  const failing = Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    yield* sql`CREATE TABLE half_of_an_upgrade (a)`
    return yield* sql`SELECT * FROM nothing_of_this_name`
  })
  await Effect.runPromise(
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const done = sql<{ id: number }>`SELECT migration_id AS id FROM migrations ORDER BY 1`
      yield* upgrade({ '0001_foundation': MIGRATIONS['0001_foundation'] })
      const error = yield* Effect.flip(upgrade({ ...MIGRATIONS, '0003_coverage': failing }))
      expect(error.message).toMatch(
        /^The database could not be upgraded \(3 coverage\): no such table: .*before that/
      )
      expect((yield* done).map(({ id }) => id)).toEqual([1, 2])
      expect(yield* sql`SELECT name FROM sqlite_schema WHERE name = 'half_of_an_upgrade'`).toEqual([])
      yield* upgrade(MIGRATIONS)
      expect(yield* done).toHaveLength(Object.keys(MIGRATIONS).length)
    }).pipe(Effect.provide([NodeSqlite.layer(':memory:'), Logger.layer([])]))
  )
})

test('an upgrade with a lower number than those that a database has is done all the same', async () => {
  const { '0029_moving_in': left, ...others } = MIGRATIONS
  await Effect.runPromise(
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      yield* upgrade(others)
      yield* upgrade({ ...others, '0029_moving_in': left })
      expect(yield* sql`SELECT 1 FROM session_moves`).toEqual([])
    }).pipe(Effect.provide([NodeSqlite.layer(':memory:'), Logger.layer([])]))
  )
})

test('how long an upgrade of a large database takes is told before it begins', async () => {
  const lines: Array<string> = []
  const remember = Logger.make(({ message }) => void lines.push(String(message)))
  await Effect.runPromise(
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      yield* upgrade({ '0001_foundation': MIGRATIONS['0001_foundation'] })
      yield* sql`INSERT INTO messages (rowid, thread_id, message_id, account_id, whatsapp_id, direction, type, status, ts_client, ts_server)
        VALUES (2000000, 't', 'm', 'a', 'w', 'inbound', 'text', 'received', 1, 1)`
      yield* upgrade(MIGRATIONS)
    }).pipe(Effect.provide([NodeSqlite.layer(':memory:'), Logger.layer([remember])]))
  )
  expect(lines[0]).toMatch(/about 2000000 messages; this takes about \d+ seconds/)
})

test('0015 keeps votes that wait for their poll', async () => {
  const votes = await Effect.runPromise(
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      yield* upgrade(Object.fromEntries(Object.entries(MIGRATIONS).filter(([name]) => name < '0015')))
      const waiting = (threadId: string, messageId: string, voter: string) => {
        const vote = {
          payload: 'cA==',
          iv: 'aQ==',
          pollId: 'P',
          voters: [voter, '7@lid'],
          authors: ['8@lid', '9@lid']
        }
        return sql`INSERT INTO waiting_changes (account_id, thread_id, message_id, change, waiting_since)
          VALUES ('acc-1', ${threadId}, ${messageId}, ${JSON.stringify({ to: 'voted', voter, vote, at: 5 })}, 6)`
      }
      yield* waiting('acc-1__1@s.whatsapp.net', 'P_them', 'me')
      yield* waiting('acc-1__1@g.us', 'P_abcdefghij', '1@lid')
      yield* waiting('acc-1__1@g.us', 'P_me', '1@lid')
      yield* sql`INSERT INTO waiting_changes (account_id, thread_id, message_id, change, waiting_since)
        VALUES ('acc-1', 't', 'm', '{"to":"revoked","at":1}', 6)`
      yield* upgrade(MIGRATIONS)
      expect(yield* sql`SELECT change FROM waiting_changes`).toEqual([{ change: '{"to":"revoked","at":1}' }])
      return (yield* dueSealed(sql, 'acc-1', 100)).map(({ addOn, messageId, threadId }) => ({
        threadId,
        messageId,
        addOn
      }))
    }).pipe(Effect.provide(stores))
  )
  const common = { addOn: 'pollVote', timestamp: 5, payload: 'cA==', iv: 'aQ==', keyId: 'P' }
  expect(votes).toMatchObject([
    {
      threadId: 'acc-1__1@s.whatsapp.net',
      messageId: 'P_them',
      addOn: {
        ...common,
        chat: { jid: '1@s.whatsapp.net' },
        target: { sender: { jid: '1@s.whatsapp.net' }, whatsAppId: 'P' },
        by: 'me',
        authors: ['me', '7@lid'],
        targetAuthors: ['8@lid', '9@lid']
      }
    },
    { messageId: 'P_abcdefghij', addOn: { target: { sender: { jid: '8@lid' } }, by: { jid: '1@lid' } } },
    { messageId: 'P_me', addOn: { ...common, target: { sender: 'me' } } }
  ])
})

test('0033 keeps receipts of messages that are not there among what waits, once, and by whom', async () => {
  await Effect.runPromise(
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const receipts = yield* ReceiptStore
      const [THREAD, ANN] = ['acc-1__1@s.whatsapp.net', '1@s.whatsapp.net']
      yield* upgrade(Object.fromEntries(Object.entries(MIGRATIONS).filter(([name]) => name < '0033')))
      yield* sql`INSERT INTO threads (thread_id, account_id, client_jid, kind, created_at)
        VALUES (${THREAD}, 'acc-1', ${ANN}, 'direct', 1)`
      yield* sql`INSERT INTO messages (thread_id, message_id, account_id, whatsapp_id, direction, type, status, ts_client, ts_server)
        VALUES (${THREAD}, 'HERE_me', 'acc-1', 'HERE', 'outbound', 'text', 'read', 1000, 1)`
      for (const id of ['HERE_me', 'AWAY_me'])
        yield* sql`INSERT INTO receipts VALUES ('acc-1', ${THREAD}, ${id}, ${ANN}, 2000, 3000, NULL)`
      const changes = [
        { to: 'status', status: 'read', reason: null },
        { to: 'reacted', sender: ANN, emoji: '👍', at: 4000 },
        { to: 'reacted', sender: 'me', emoji: '👍', at: 4000 }
      ]
      for (const change of changes)
        yield* sql`INSERT INTO waiting_changes (account_id, thread_id, message_id, change, waiting_since)
          VALUES ('acc-1', ${THREAD}, 'AWAY_me', ${JSON.stringify(change)}, 6)`
      yield* sql`INSERT INTO journal (account_id, kind, sealed, received_at) VALUES ('acc-1', 'unreadable', x'00', 1)`
      yield* upgrade(MIGRATIONS)

      const waiting = yield* sql<{
        change: string
        byPerson: string | null
      }>`SELECT change, by_person FROM waiting_changes`
      expect(waiting.map(({ byPerson, change }) => [JSON.parse(change), byPerson])).toEqual([
        [changes[1], ANN],
        [changes[2], null],
        [{ to: 'receipt', recipient: ANN, status: 'delivered', at: 2000 }, ANN],
        [{ to: 'receipt', recipient: ANN, status: 'read', at: 3000 }, ANN]
      ])
      expect(yield* receipts.list(THREAD, 'HERE_me')).toHaveLength(1)
      expect(yield* receipts.list(THREAD, 'AWAY_me')).toEqual([])
      expect(yield* sql`SELECT sender FROM journal`).toEqual([{ sender: '' }])
    }).pipe(Effect.provide(stores))
  )
})

test('0043 takes what servers of webhooks answered apart from why an event was not taken', async () => {
  const rows = await Effect.runPromise(
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      yield* upgrade(Object.fromEntries(Object.entries(MIGRATIONS).filter(([name]) => name < '0043')))
      for (const [status, reason] of [
        [500, 'a trace'],
        [503, ''],
        [302, 'Redirects are not followed'],
        [null, 'It could not be reached'],
        [204, null]
      ] as const)
        yield* sql`INSERT INTO webhook_deliveries (webhook_id, event_id, type, events, attempt, outcome, status, reason, milliseconds, at)
          VALUES ('wh', 1, 'message.stored', 1, 1, 'failed', ${status}, ${reason}, 1, 1)`
      yield* upgrade(MIGRATIONS)
      return yield* sql`SELECT reason, answer FROM webhook_deliveries ORDER BY delivery_id`
    }).pipe(Effect.provide(stores))
  )
  expect(rows).toEqual([
    { reason: 'The server answered 500', answer: 'a trace' },
    { reason: 'The server answered 503', answer: null },
    { reason: 'Redirects are not followed', answer: null },
    { reason: 'It could not be reached', answer: null },
    { reason: null, answer: null }
  ])
})

test('0044 knows of each webhook whether it is for some threads', async () => {
  const rows = await Effect.runPromise(
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      yield* upgrade(Object.fromEntries(Object.entries(MIGRATIONS).filter(([name]) => name < '0044')))
      for (const webhookId of ['all', 'some'])
        yield* sql`INSERT INTO webhooks (webhook_id, name, types, sealed, state, place, created_at, updated_at)
          VALUES (${webhookId}, 'test', '[]', X'00', 'active', 0, 1, 1)`
      yield* sql`INSERT INTO webhook_threads (webhook_id, account_id, thread_id) VALUES ('some', 'acc', 'acc__1')`
      yield* upgrade(MIGRATIONS)
      return yield* sql`SELECT webhook_id, of_threads FROM webhooks ORDER BY webhook_id`
    }).pipe(Effect.provide(stores))
  )
  expect(rows).toEqual([
    { webhookId: 'all', ofThreads: 0 },
    { webhookId: 'some', ofThreads: 1 }
  ])
})

test('0045 has what waits to be sent found without a look at every message of its thread', async () => {
  const plans = await Effect.runPromise(
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const plan = Effect.map(
        sql<{ detail: string }>`EXPLAIN QUERY PLAN SELECT message_row AS row FROM messages
          WHERE thread_id = ${'acc__1'} AND status = 'queued' ORDER BY message_row`,
        rows => rows.map(({ detail }) => detail).join(', ')
      )
      yield* upgrade(Object.fromEntries(Object.entries(MIGRATIONS).filter(([name]) => name < '0045')))
      const before = yield* plan
      yield* upgrade(MIGRATIONS)
      return [before, yield* plan]
    }).pipe(Effect.provide(stores))
  )
  expect(plans[0]).not.toContain('messages_queued')
  expect(plans[1]).toContain('messages_queued')
})

test('0048 has the pins of a thread found without a look at every message of it', async () => {
  const plans = await Effect.runPromise(
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const plan = Effect.map(
        sql<{ detail: string }>`EXPLAIN QUERY PLAN SELECT quoted_message_id FROM messages
          WHERE thread_id = ${'acc__1'} AND type = 'system' AND quoted_message_id IS NOT NULL AND ts_client >= ${1}
          ORDER BY ts_client DESC, message_row DESC`,
        rows => rows.map(({ detail }) => detail).join(', ')
      )
      yield* upgrade(Object.fromEntries(Object.entries(MIGRATIONS).filter(([name]) => name < '0048')))
      const before = yield* plan
      yield* upgrade(MIGRATIONS)
      return [before, yield* plan]
    }).pipe(Effect.provide(stores))
  )
  expect(plans[0]).not.toContain('messages_pins')
  expect(plans[1]).toContain('messages_pins')
})
