// Every table is declared by the wing that owns it, with every column that names an account, a thread or a message; and what
// the declarations say is what happens.
import { Effect } from 'effect'
import { SqlClient } from 'effect/sql'
import { expect, test } from 'vitest'
import { TABLES } from '../../../src/app/tables.ts'
import { messageIdOf, threadIdOf } from '../../../src/domain/ids.ts'
import { AccountStore } from '../../../src/services/conversations/account-store.ts'
import { type OwnedTable, Tables } from '../../../src/services/database/tables.ts'
import { apply, message } from '../conversations/facts.ts'
import { onDatabase } from '../database.ts'
import { ACCOUNT } from '../outbox/account.ts'

interface Column {
  readonly table: string
  readonly column: string
  readonly type: string
  readonly isRequired: number
}

/** Every column of the migrated database, without SQLite's own tables and the inner ones of the full-text index. */
const columns = Effect.flatMap(
  SqlClient.SqlClient,
  sql => sql<Column>`SELECT t.name AS "table", c.name AS "column", c.type, (c."notnull" OR c.pk > 0) AND c.dflt_value IS NULL AS is_required
    FROM pragma_table_list t JOIN pragma_table_xinfo(t.name) c
    WHERE t.schema = 'main' AND t.type <> 'shadow' AND t.name NOT GLOB 'sqlite_*' AND c.hidden = 0 ORDER BY t.name, c.cid`
)

const named = ({ account, message, thread }: OwnedTable): ReadonlyArray<string> =>
  [
    account?.column,
    thread?.column,
    ...(thread?.references ?? []),
    message?.column,
    ...(message?.references ?? [])
  ].filter(column => column !== undefined)

test('every table in the database is declared exactly once', async () => {
  const found = await onDatabase(columns)
  const tables = [...new Set(found.map(({ table }) => table))]
  expect(tables.length).toBeGreaterThan(25)
  expect(TABLES.map(({ name }) => name).toSorted()).toEqual(tables)
})

/** Columns that name an account, a thread or a message of the store, by how such columns are called. */
const NAMES = /(^|_)(account|thread|message)_id$/

test('every column that names an account, a thread or a message is named in the declaration of its table', async () => {
  const found = await onDatabase(columns)
  const inSchema = found
    .filter(({ column }) => NAMES.test(column))
    .map(({ column, table }) => `${table}.${column}`)
  const declared = TABLES.flatMap(table => named(table).map(column => `${table.name}.${column}`))
  expect(inSchema.filter(column => !declared.includes(column))).toEqual([])
  const all = found.map(({ column, table }) => `${table}.${column}`)
  expect(declared.filter(column => !all.includes(column))).toEqual([])
})

/** One row in each table that names an account: the account's own, with what else a row must have. */
const fill = Effect.fnUntraced(function* (accountId: string, threadId: string, messageId: string) {
  const sql = yield* SqlClient.SqlClient
  const found = yield* columns
  for (const { account, message, name, thread } of TABLES) {
    // What stores accounts and messages fills these.
    if (account === undefined || ['accounts', 'messages', 'message_search'].includes(name)) continue
    const given = new Map<string | undefined, string>([
      [account.column, accountId],
      [thread?.column, threadId],
      [message?.column, messageId]
    ])
    const row = found
      .filter(({ column, isRequired, table }) => table === name && (isRequired === 1 || given.has(column)))
      .map(({ column, type }) => [column, given.get(column) ?? (type === 'TEXT' ? accountId : ++number)])
    yield* sql`INSERT INTO ${sql(name)} ${sql.insert(Object.fromEntries(row))} ON CONFLICT DO NOTHING`
  }
})

/** No two rows have the same one. */
let number = 0

const countOf = Effect.fnUntraced(function* (table: string, column: string, value: string) {
  const sql = yield* SqlClient.SqlClient
  const [row] = yield* sql<{
    n: number
  }>`SELECT COUNT(*) AS n FROM ${sql(table)} WHERE ${sql(column)} = ${value}`
  return row?.n ?? 0
})

const withAccount = TABLES.filter(({ name }) => name !== 'message_search').flatMap(table =>
  table.account === undefined ? [] : [{ ...table, account: table.account }]
)

test('nothing of a removed account is left in any table, and everything of another one is', async () => {
  await onDatabase(
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const other = 'acc-other'
      const accounts = yield* AccountStore
      for (const accountId of [ACCOUNT.accountId, other]) yield* accounts.create({ ...ACCOUNT, accountId })
      yield* apply(message('A1'))
      const threadId = threadIdOf(ACCOUNT.accountId, '49@s.whatsapp.net')
      yield* fill(ACCOUNT.accountId, threadId, messageIdOf('them', 'A1'))
      yield* fill(other, threadIdOf(other, '49@s.whatsapp.net'), messageIdOf('them', 'A1'))
      const indexed = sql<{
        n: number
      }>`SELECT COUNT(*) AS n FROM message_search WHERE message_search MATCH 'body'`
      expect(yield* indexed).toEqual([{ n: 1 }])
      for (const { account, name } of withAccount)
        expect([name, (yield* countOf(name, account.column, ACCOUNT.accountId)) > 0]).toEqual([name, true])

      const before = new Map<string, number>()
      for (const { account, name } of withAccount)
        before.set(name, yield* countOf(name, account.column, other))

      yield* accounts.remove(ACCOUNT.accountId)

      expect(yield* indexed).toEqual([{ n: 0 }])
      expect(yield* sql`SELECT kind FROM events WHERE account_id = ${ACCOUNT.accountId}`).toEqual([
        { kind: 'account.removed' }
      ])
      for (const { account, message: messages, name, thread } of withAccount) {
        // Of events, only the one that tells of the removal.
        const isKept =
          account.onRemoval === 'clearReferences' || account.onRemoval === 'keepRows' || name === 'events'
        expect([name, yield* countOf(name, account.column, ACCOUNT.accountId)]).toEqual([
          name,
          isKept ? 1 : 0
        ])
        if (account.onRemoval === 'clearReferences') {
          const [row] = yield* sql<{ n: number }>`SELECT COUNT(*) AS n FROM ${sql(name)}
            WHERE ${sql(account.column)} = ${ACCOUNT.accountId}
              AND (${sql(thread!.column)} IS NOT NULL OR ${sql(messages!.column)} IS NOT NULL)`
          expect([name, row?.n]).toEqual([name, 0])
        }
        if (name !== 'messages') expect(before.get(name)).toBeGreaterThan(0)
        expect([name, yield* countOf(name, account.column, other)]).toEqual([name, before.get(name)])
      }
    })
  )
})

test('rows of a merged thread and of a message with another id follow by the rule of their table', async () => {
  await onDatabase(
    Effect.gen(function* () {
      const tables = yield* Tables
      const accountId = ACCOUNT.accountId
      const [from, to] = ['from', 'to'].map(name => threadIdOf(accountId, `${name}@s.whatsapp.net`)) as [
        string,
        string
      ]
      yield* fill(accountId, from, 'old')
      const moved = TABLES.filter(
        ({ name, thread }) => thread !== undefined && thread.onMerge !== 'unaffected' && name !== 'messages'
      )
      yield* tables.mergeThreads({ accountId, from, to })
      for (const { name, thread } of moved) {
        expect([name, yield* countOf(name, thread!.column, from)]).toEqual([name, 0])
        expect([name, yield* countOf(name, thread!.column, to)]).toEqual([name, 1])
      }
      yield* tables.rekeyMessage({ accountId, threadId: to, from: 'old', to: 'new' })
      for (const { message: messages, name } of moved) {
        if (messages === undefined || messages.onRekey === 'unaffected') continue
        expect([name, yield* countOf(name, messages.column, 'old')]).toEqual([name, 0])
        expect([name, yield* countOf(name, messages.column, 'new')]).toEqual([name, 1])
      }
    })
  )
})

test('nothing of a removed message is left in any table, apart from what says that it stays', async () => {
  await onDatabase(
    Effect.gen(function* () {
      const tables = yield* Tables
      const accountId = ACCOUNT.accountId
      const threadId = threadIdOf(accountId, '49@s.whatsapp.net')
      yield* fill(accountId, threadId, 'gone')
      const ofMessages = TABLES.flatMap(({ message: messages, name }) =>
        messages === undefined || name === 'messages' ? [] : [{ ...messages, name }]
      )
      for (const { column, name } of ofMessages)
        expect([name, yield* countOf(name, column, 'gone')]).toEqual([name, 1])
      yield* tables.removeMessages({ accountId, threadId, messageIds: ['another'] })
      yield* tables.removeMessages({ accountId, threadId, messageIds: ['gone'] })
      for (const { column, name, onRemoval } of ofMessages)
        expect([name, yield* countOf(name, column, 'gone')]).toEqual([name, onRemoval === 'keepRows' ? 1 : 0])
      // An incident stays, and says in which thread it was.
      expect(yield* countOf('incidents', 'thread_id', threadId)).toBe(1)
    })
  )
})

test('everything about a person goes from every table that names people, and nothing about another one', async () => {
  await onDatabase(
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const tables = yield* Tables
      const accountId = ACCOUNT.accountId
      const [person, other] = ['49@s.whatsapp.net', '50@s.whatsapp.net'] as const
      const found = yield* columns
      for (const jid of [person, other]) {
        yield* fill(accountId, threadIdOf(accountId, jid), `of ${jid}`)
        for (const { account, name, people = [] } of TABLES) {
          if (people.length === 0) continue
          const row = found
            .filter(
              ({ column, isRequired, table }) =>
                table === name && (isRequired === 1 || people.includes(column))
            )
            .map(({ column, type }) => [
              column,
              people.includes(column) ? jid : type === 'TEXT' ? jid : ++number
            ])
          yield* sql`INSERT INTO ${sql(name)} ${sql.insert({ ...Object.fromEntries(row), [account!.column]: accountId })}
            ON CONFLICT DO NOTHING`
        }
      }
      const ofOther = Effect.forEach(TABLES, ({ name, thread }) =>
        thread === undefined ? Effect.succeed(0) : countOf(name, thread.column, threadIdOf(accountId, other))
      )
      const before = yield* ofOther
      expect(before.filter(n => n > 0).length).toBeGreaterThan(10)
      const removed = yield* tables.removePerson({
        accountId,
        addresses: [person],
        threadIds: [threadIdOf(accountId, person)]
      })
      expect(removed.get('contacts')).toBe(1)
      expect(yield* ofOther).toEqual(before)
      for (const { name, people = [], thread } of TABLES) {
        for (const column of people) {
          expect([name, column, yield* countOf(name, column, person)]).toEqual([name, column, 0])
          expect([name, column, yield* countOf(name, column, other)]).toEqual([name, column, 1])
        }
        if (thread === undefined || name === 'messages') continue
        const left = yield* countOf(name, thread.column, threadIdOf(accountId, person))
        expect([name, left]).toEqual([name, thread.outlivesPerson === true ? 1 : 0])
      }
    })
  )
})
