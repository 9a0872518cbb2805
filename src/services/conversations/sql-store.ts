// The Store on SQL: the embedded SQLite by default.
import { Clock, Effect, Layer } from 'effect'
import type { SqlError } from 'effect/sql'
import { SqlClient } from 'effect/sql'
import { parseThreadId, threadIdOf } from '../../domain/ids.ts'
import { SqlBulk } from '../database/bulk.ts'
import { accountStatements } from './sql/accounts.ts'
import { eventStatements } from '../events/events.ts'
import { groupAdminStatements } from './sql/group-admins.ts'
import { mergeStatements } from './sql/merge.ts'
import { messagePageStatements } from './sql/message-pages.ts'
import { messageStatements } from './sql/messages.ts'
import { pastParticipantStatements } from './sql/past-participants.ts'
import { receiptStatements } from './sql/receipts.ts'
import { refold, searchIndexStatements } from './sql/search-index.ts'
import { searchStatements } from './sql/search.ts'
import { threadPageStatements } from './sql/thread-pages.ts'
import { threadStatements } from './sql/threads.ts'
import { walkStatements } from './sql/walk.ts'
import { asDatabaseError } from '../database/error.ts'
import { Store } from './store.ts'

/** To be run on an upgraded database before anything is stored. */
export const upToDate: Layer.Layer<never, SqlError.SqlError, SqlClient.SqlClient> = Layer.effectDiscard(
  Effect.flatMap(SqlClient.SqlClient, refold)
)

export const layer: Layer.Layer<Store, never, SqlClient.SqlClient | SqlBulk> = Layer.effect(
  Store,
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    const bulk = yield* SqlBulk
    const clock = yield* Clock.Clock
    const now = () => clock.currentTimeMillisUnsafe()
    const index = searchIndexStatements(sql, bulk)
    const accounts = accountStatements(sql, index)
    const events = eventStatements(sql, bulk, now)
    const threads = threadStatements(sql, bulk, now, events)
    const admins = groupAdminStatements(sql)
    const past = pastParticipantStatements(sql)
    const messages = messageStatements(sql, bulk, now, threads, events, admins, index)
    const pages = messagePageStatements(sql)
    const threadPages = threadPageStatements(sql)
    const search = searchStatements(sql, pages, threads)
    const { keptIn, newestRow, rowsToBeSent, walk } = walkStatements(sql)
    const receipts = receiptStatements(sql, bulk, messages)
    const { mergePeople } = mergeStatements(sql, threads, messages, admins, past, events, index)

    const as = asDatabaseError

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
        asDatabaseError('transaction')(sql.withTransaction(work)),

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
      putReceipts: (accountId, writes) => as('putReceipts')(receipts.put(accountId, writes)),
      putReceiptHistory: (accountId, writes) => as('putReceiptHistory')(receipts.putRows(accountId, writes)),
      putGroupAdmins: (accountId, write) =>
        Effect.andThen(admins.put(accountId, write), messages.settleThread(write.threadId)).pipe(
          sql.withTransaction,
          as('putGroupAdmins')
        ),
      putPastParticipants: (accountId, threadId, people) =>
        as('putPastParticipants')(past.put(accountId, threadId, people)),
      pastParticipants: threadId => as('pastParticipants')(Effect.flatMap(canonical(threadId), past.list)),
      edge: (threadId, which, within) => as('edge')(messages.edge(threadId, which, within)),
      groupRole: (threadId, person) => as('groupRole')(admins.role(threadId, person)),
      markRead: (accountId, threadId, upTo) => as('markRead')(threads.markRead(accountId, threadId, upTo)),
      unread: (threadId, limit) => as('unread')(threads.unread(threadId, limit)),
      mergePeople: (accountId, from, to) => as('mergePeople')(mergePeople(accountId, from, to)),

      listThreads: (accountId, query) => as('listThreads')(threadPages.page(accountId, query)),
      threadIds: accountId => as('threadIds')(threadPages.ids(accountId)),
      readThread: threadId => as('readThread')(Effect.flatMap(canonical(threadId), threads.read)),
      listMessages: (threadId, query) =>
        as('listMessages')(Effect.flatMap(canonical(threadId), id => pages.page(id, query))),
      search: (accountId, { threadId, ...wanted }) =>
        as('search')(
          threadId === undefined
            ? search(accountId, wanted)
            : Effect.flatMap(canonical(threadId), id => search(accountId, { ...wanted, threadId: id }))
        ),
      newestRow: as('newestRow')(newestRow),
      walk: (threadId, wanted) => as('walk')(Effect.flatMap(canonical(threadId), id => walk(id, wanted))),
      rowsToBeSent: threadId =>
        as('rowsToBeSent')(Effect.flatMap(canonical(threadId), id => rowsToBeSent(id))),
      keptIn: rows => as('keptIn')(keptIn(rows)),
      readMessage: (threadId, messageId) =>
        as('readMessage')(Effect.flatMap(canonical(threadId), id => messages.read(id, messageId))),
      receipts: (threadId, messageId) =>
        as('receipts')(Effect.flatMap(canonical(threadId), id => receipts.list(id, messageId))),
      readRaw: (threadId, messageId) => as('readRaw')(messages.readRaw(threadId, messageId)),
      readSent: (accountId, whatsAppId) => as('readSent')(messages.readSent(accountId, whatsAppId)),

      events: query => as('events')(events.list(query)),
      newestEvent: as('newestEvent')(events.newest),
      prune: before =>
        as('prune')(
          Effect.all([
            events.prune(before.events),
            messages.pruneWaiting(before.waiting),
            threads.pruneWaitingReads(before.waiting)
          ])
        ).pipe(Effect.asVoid)
    })
  })
)
