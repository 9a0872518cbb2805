// A database of an earlier version is brought up to date with everything that is in it.
import { Effect, Layer } from 'effect'
import { SqlClient } from 'effect/sql'
import { expect, test } from 'vitest'
import { AccountStore } from '../../../src/services/conversations/account-store.ts'
import { MessageSearch } from '../../../src/services/conversations/message-search.ts'
import { MessageStore } from '../../../src/services/conversations/message-store.ts'
import { ThreadStore } from '../../../src/services/conversations/thread-store.ts'
import * as NodeSqlite from '../../../src/services/database/sqlite/node-sqlite.ts'
import { MIGRATIONS, upgrade } from '../../../src/services/database/migrations.ts'
import { TABLES } from '../../../src/app/tables.ts'
import { Wakes } from '../../../src/services/process/wakes.ts'
import { Tables } from '../../../src/services/database/tables.ts'
import * as ConversationStores from '../../../src/services/conversations/layer.ts'

const stores = ConversationStores.layer.pipe(
  Layer.provide([Tables.layer(TABLES), Wakes.layer]),
  Layer.provideMerge(NodeSqlite.layer(':memory:'))
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

test('words that were folded by other tables are indexed anew, once', async () => {
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
      const anew = yield* words
      yield* sql`INSERT INTO message_search (rowid, account, text) VALUES (78, 'acc1', 'kept')`
      yield* Layer.build(ConversationStores.currentSearchIndex)
      return [anew, yield* words]
    }).pipe(Effect.scoped, Effect.provide(NodeSqlite.layer(':memory:')))
  )
  expect(found).toEqual([[{ term: 'garden' }], [{ term: 'garden' }, { term: 'kept' }]])
})
