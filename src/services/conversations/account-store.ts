// Records of accounts.
import { Context, Effect, Layer } from 'effect'
import { SqlClient } from 'effect/sql'
import type { AccountFacts, AccountRecord } from '../../domain/account.ts'
import { asDatabaseError, type DatabaseError } from '../database/error.ts'
import { StoredVersions } from '../database/stored-versions.ts'
import { joinTransaction } from '../database/transaction.ts'
import { Tables } from '../database/tables.ts'
import { EventLog, type EventWrite } from '../events/event-log.ts'
import { AccountMemory } from '../process/account-memory.ts'
import { type AccountRecords, makeAccountRecords } from './account-records.ts'
import type { Counts } from './queries.ts'
import { countsOfAccount, insertAccount, listAccounts, readAccount, updateAccount } from './sql/accounts.ts'

export class AccountStore extends Context.Service<
  AccountStore,
  {
    readonly create: (record: AccountRecord) => Effect.Effect<void, DatabaseError>
    /** The oldest first. */
    readonly list: Effect.Effect<ReadonlyArray<AccountRecord>, DatabaseError>
    readonly read: (accountId: string) => Effect.Effect<AccountRecord | undefined, DatabaseError>
    /** Writes what is given; everything else stays. */
    readonly update: (accountId: string, facts: AccountFacts) => Effect.Effect<void, DatabaseError>
    /** Removes the account and everything that any table has of it. */
    readonly remove: (accountId: string) => Effect.Effect<void, DatabaseError>
    readonly counts: (accountId: string) => Effect.Effect<Counts, DatabaseError>
  }
>()('backscroll/services/conversations/AccountStore') {
  static readonly layer: Layer.Layer<
    AccountStore,
    never,
    AccountMemory | EventLog | SqlClient.SqlClient | StoredVersions | Tables
  > = Layer.effect(
    AccountStore,
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const tables = yield* Tables
      const events = yield* EventLog
      const memory = yield* AccountMemory
      const records = memory.register(
        'conversations.accounts',
        makeAccountRecords(sql, yield* StoredVersions)
      )
      const context = { sql, tables, events, records }
      return AccountStore.of({
        create: record =>
          Effect.andThen(
            insertAccount(sql, record),
            events.append(record.accountId, [createdEvent(record)])
          ).pipe(joinTransaction(sql), asDatabaseError('createAccount')),
        list: listAccounts(sql).pipe(asDatabaseError('listAccounts')),
        read: accountId => records.read(accountId).pipe(asDatabaseError('readAccount')),
        update: (accountId, facts) =>
          update(context, accountId, facts).pipe(joinTransaction(sql), asDatabaseError('updateAccount')),
        remove: accountId =>
          remove(context, accountId).pipe(joinTransaction(sql), asDatabaseError('removeAccount')),
        counts: accountId => countsOfAccount(sql, accountId).pipe(asDatabaseError('counts'))
      })
    })
  )
}

const createdEvent = ({ name }: AccountRecord): EventWrite => ({ kind: 'account.created', facts: { name } })

/** What others are told of facts that have changed. */
const eventsOf = (before: AccountRecord, { linkedAt, jid, lid = null, restriction }: AccountFacts) => {
  const events: Array<EventWrite> = []
  if (jid != null && linkedAt != null && linkedAt !== before.linkedAt)
    events.push({ kind: 'account.linked', facts: { jid, lid } })
  if (restriction !== undefined && JSON.stringify(restriction) !== JSON.stringify(before.restriction))
    events.push({ kind: 'account.restriction', facts: { restriction } })
  return events
}

interface Storing {
  readonly sql: SqlClient.SqlClient
  readonly tables: Tables['Service']
  readonly events: EventLog['Service']
  readonly records: AccountRecords
}

const update = Effect.fnUntraced(function* (
  { events, records, sql }: Omit<Storing, 'tables'>,
  accountId: string,
  facts: AccountFacts
) {
  // Most updates, such as when the account was last online, are told to nobody.
  const isTold = facts.linkedAt != null || facts.restriction !== undefined
  const before = isTold ? yield* readAccount(sql, accountId) : undefined
  yield* updateAccount(sql, accountId, facts)
  yield* records.changed(accountId)
  if (before !== undefined) yield* events.append(accountId, eventsOf(before, facts))
})

/** Its own events go with it, but for the last one: who follows the account is told. */
const remove = Effect.fnUntraced(function* ({ events, records, sql, tables }: Storing, accountId: string) {
  const record = yield* readAccount(sql, accountId)
  yield* tables.removeAccount(accountId)
  yield* records.changed(accountId)
  if (record === undefined) return
  yield* events.append(accountId, [{ kind: 'account.removed', facts: { accountId, name: record.name } }])
})
