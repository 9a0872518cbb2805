// The Store on SQL: the embedded SQLite by default.
import { Clock, Effect, Layer } from 'effect'
import { SqlClient, SqlError } from 'effect/sql'
import { parseThreadId, threadIdOf } from '../../domain/ids.ts'
import { SqlBulk } from '../sql/node-sqlite.ts'
import { accountStatements } from './sql/accounts.ts'
import { messageStatements } from './sql/messages.ts'
import { threadStatements } from './sql/threads.ts'
import { Store, StoreError } from './store.ts'

export const layer: Layer.Layer<Store, never, SqlClient.SqlClient | SqlBulk> = Layer.effect(
  Store,
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    const bulk = yield* SqlBulk
    const clock = yield* Clock.Clock
    const now = () => clock.currentTimeMillisUnsafe()
    const accounts = accountStatements(sql)
    const messages = messageStatements(sql, bulk, now)
    const threads = threadStatements(sql, bulk, now)

    const as =
      (operation: string) =>
      <A, E, R>(work: Effect.Effect<A, E, R>): Effect.Effect<A, StoreError, R> =>
        Effect.mapError(work, cause => new StoreError({ operation, cause }))

    // An old thread id keeps answering: its address leads to the thread it was merged into.
    const canonical = Effect.fnUntraced(function* (threadId: string) {
      const parts = parseThreadId(threadId)
      if (parts === undefined) return threadId
      const [row] = yield* sql<{ person: string }>`
        SELECT person FROM addresses WHERE account_id = ${parts.accountId} AND jid = ${parts.jid}`
      return row === undefined ? threadId : threadIdOf(parts.accountId, row.person)
    })

    return Store.of({
      atomically: <A, E, R>(work: Effect.Effect<A, E, R>) =>
        Effect.mapError(sql.withTransaction(work), (error): E | StoreError =>
          SqlError.isSqlError(error) ? new StoreError({ operation: 'transaction', cause: error }) : error
        ),

      createAccount: record => as('createAccount')(accounts.create(record)).pipe(Effect.asVoid),
      listAccounts: as('listAccounts')(accounts.list),
      readAccount: accountId => as('readAccount')(accounts.read(accountId)),
      updateAccount: (accountId, facts) => as('updateAccount')(accounts.update(accountId, facts)),
      removeAccount: accountId => as('removeAccount')(accounts.remove(accountId)),
      counts: accountId => as('counts')(accounts.counts(accountId)),

      putThreads: (accountId, writes) => as('putThreads')(threads.put(accountId, writes)),
      putContacts: (accountId, writes) => as('putContacts')(threads.putContacts(accountId, writes)),
      putMessages: (accountId, writes) => as('putMessages')(messages.put(accountId, writes)),
      putChanges: (accountId, writes) => as('putChanges')(messages.putChanges(accountId, writes)),
      putReceipts: (accountId, writes) => as('putReceipts')(messages.putReceipts(accountId, writes)),
      markRead: (_accountId, threadId) => as('markRead')(threads.markRead(threadId)).pipe(Effect.asVoid),
      mergePeople: (accountId, from, to) =>
        Effect.gen(function* () {
          const [source, target] = [threadIdOf(accountId, from), threadIdOf(accountId, to)]
          const moved = yield* threads.read(source)
          if (moved !== undefined) {
            yield* threads.put(accountId, [{ threadId: target, clientJid: to, kind: 'direct' }])
            yield* threads.merge(source, target)
            yield* messages.moveThread(source, target)
          }
          yield* messages.rekeySender(accountId, from, to)
          yield* threads.mergeContacts(accountId, from, to)
        }).pipe(sql.withTransaction, as('mergePeople')),

      listThreads: (accountId, page) => as('listThreads')(threads.list(accountId, page)),
      readThread: threadId => as('readThread')(Effect.flatMap(canonical(threadId), threads.read)),
      listMessages: (threadId, page) =>
        as('listMessages')(Effect.flatMap(canonical(threadId), id => messages.list(id, page))),
      readSent: (accountId, whatsAppId) => as('readSent')(messages.readSent(accountId, whatsAppId))
    })
  })
)
