// What the conversations of an account have of one person: read for that person, and removed, some at a time.
import { Context, Effect, Layer } from 'effect'
import type { SqlClient } from 'effect/sql'
import { isEventOnlyAbout, withoutPerson } from '../../domain/person-in-message.ts'
import type { SqlBulk } from '../database/bulk.ts'
import { asDatabaseError, type DatabaseError } from '../database/error.ts'
import { joinTransaction } from '../database/transaction.ts'
import { Tables } from '../database/tables.ts'
import type { EventLog, EventWrite } from '../events/event-log.ts'
import { writeContext } from './sql/context.ts'
import { HELD_COLUMNS, replaceHeld } from './sql/message-changes.ts'
import { newestRow } from './sql/message-pages.ts'
import { type RemovalContext, removeMessages } from './sql/message-removal.ts'
import { decodeHeld } from './sql/message-row.ts'
import {
  type Before,
  type FoundRow,
  forgetQuotes,
  forgetThreadsQuoted,
  isPersonKnown,
  type KnownPerson,
  personAfter,
  personOf,
  type PersonScan,
  rowsOfPerson,
  rowsOfThread,
  scannedUpTo,
  threadsWithMessages
} from './sql/person-rows.ts'
import { refreshSummaries } from './sql/threads.ts'

export type { FoundRow, KnownPerson, PersonScan } from './sql/person-rows.ts'

/** What one step has removed. */
export interface Removed {
  readonly messages: number
  readonly files: number
  /** Messages of others from which something was taken. */
  readonly changed: number
  /** Replies of others from which repeated words were taken. */
  readonly quotes: number
}

/** Times are milliseconds since 1970. Every method fails with `DatabaseError` only; those that remove are one transaction. */
export class PersonalMessages extends Context.Service<
  PersonalMessages,
  {
    /** By one of the person's addresses, which need not be known. */
    readonly personOf: (accountId: string, address: string) => Effect.Effect<KnownPerson, DatabaseError>
    /** The same person later: addresses may have become known, threads may have become one. */
    readonly personAfter: (
      accountId: string,
      before: KnownPerson
    ) => Effect.Effect<KnownPerson, DatabaseError>
    /** The row of the message that was stored last. */
    readonly newestRow: Effect.Effect<number, DatabaseError>
    /** Whether there is a conversation with them, an entry of the address book, or another address of theirs. */
    readonly isKnown: (accountId: string, person: KnownPerson) => Effect.Effect<boolean, DatabaseError>
    /** The messages of a scan, and up to which row it has come. */
    readonly rows: (
      scan: PersonScan
    ) => Effect.Effect<{ readonly rows: ReadonlyArray<FoundRow>; readonly scanned: number }, DatabaseError>
    /** Removes the oldest messages of a thread from before a request, up to so many. */
    readonly removeOfThread: (
      accountId: string,
      threadId: string,
      before: Before,
      limit: number
    ) => Effect.Effect<Removed, DatabaseError>
    /** Removes what the person wrote of the messages of a scan, and takes what others' messages say of them. */
    readonly removeInRows: (
      scan: PersonScan
    ) => Effect.Effect<{ readonly removed: Removed; readonly scanned: number }, DatabaseError>
    /** Removes what other tables have of them, but which addresses are theirs; answers how many rows of which. */
    readonly removeAbout: (
      accountId: string,
      addresses: ReadonlyArray<string>
    ) => Effect.Effect<ReadonlyMap<string, number>, DatabaseError>
    /** Removes what is left of the person's threads and in other tables: answers how many rows of which. */
    readonly removeRest: (
      accountId: string,
      person: KnownPerson
    ) => Effect.Effect<{ readonly rows: ReadonlyMap<string, number>; readonly quotes: number }, DatabaseError>
    /** Those of the threads that have messages. */
    readonly withMessages: (
      threadIds: ReadonlyArray<string>
    ) => Effect.Effect<ReadonlyArray<string>, DatabaseError>
  }
>()('backscroll/services/conversations/PersonalMessages') {
  static readonly layer: Layer.Layer<
    PersonalMessages,
    never,
    SqlClient.SqlClient | SqlBulk | EventLog | Tables
  > = Layer.effect(
    PersonalMessages,
    Effect.gen(function* () {
      const context = { ...(yield* writeContext), tables: yield* Tables }
      const { sql } = context
      const removing = <A, E, R>(work: Effect.Effect<A, E, R>) =>
        work.pipe(joinTransaction(sql), asDatabaseError('removing a person'))
      return PersonalMessages.of({
        personOf: (accountId, address) =>
          personOf(sql, accountId, address).pipe(asDatabaseError('looking for a person')),
        personAfter: (accountId, before) =>
          personAfter(sql, accountId, before).pipe(asDatabaseError('looking for a person')),
        newestRow: newestRow(sql).pipe(asDatabaseError('newestRow')),
        isKnown: (accountId, person) =>
          isPersonKnown(sql, accountId, person).pipe(asDatabaseError('looking for a person')),
        rows: scan =>
          Effect.map(rowsOfPerson(sql, scan), rows => ({ rows, scanned: scannedUpTo(scan, rows) })).pipe(
            asDatabaseError('messages of a person')
          ),
        removeOfThread: (accountId, threadId, before, limit) =>
          removing(removeOfThread(context, accountId, threadId, before, limit)),
        removeInRows: scan => removing(removeInRows(context, scan)),
        removeAbout: (accountId, addresses) =>
          context.tables.removePerson({ accountId, addresses, threadIds: [], keepsIdentity: true }),
        removeRest: (accountId, person) => removing(removeRest(context, accountId, person)),
        withMessages: threadIds =>
          threadsWithMessages(sql, threadIds).pipe(asDatabaseError('messages of a person'))
      })
    })
  )
}

const filesOf = (rows: ReadonlyArray<FoundRow>): number => rows.reduce((sum, { hasFile }) => sum + hasFile, 0)

const changed = (
  rows: ReadonlyArray<{ readonly threadId: string; readonly messageId: string }>,
  field: string
) =>
  rows.map(({ messageId, threadId }): EventWrite => ({
    kind: 'message.changed',
    threadId,
    messageId,
    changed: [field]
  }))

/** Removes messages of one thread, and what replies repeat of them. */
const removeWithQuotes = Effect.fnUntraced(function* (
  context: RemovalContext,
  accountId: string,
  threadId: string,
  rows: ReadonlyArray<FoundRow>
) {
  if (rows.length === 0) return []
  const quotes = yield* forgetQuotes(
    context.sql,
    threadId,
    rows.map(({ messageId }) => messageId)
  )
  yield* removeMessages(context, accountId, threadId, rows)
  const gone = new Set(rows.map(({ messageId }) => messageId))
  const left = quotes.filter(one => one.threadId !== threadId || !gone.has(one.messageId))
  yield* context.eventLog.append(accountId, changed(left, 'quoted'))
  return left
})

const removeOfThread = Effect.fnUntraced(function* (
  context: RemovalContext,
  accountId: string,
  threadId: string,
  before: Before,
  limit: number
) {
  const rows = yield* rowsOfThread(context.sql, threadId, before, limit)
  const left = yield* removeWithQuotes(context, accountId, threadId, rows)
  // Replies in the thread itself are removed as well.
  const quotes = left.filter(one => one.threadId !== threadId).length
  const removed: Removed = { messages: rows.length, files: filesOf(rows), changed: 0, quotes }
  return removed
})

/** Takes what one message says of the person; answers whether it is an event about nobody else. */
const takeFrom = Effect.fnUntraced(function* (
  { eventLog, sql }: RemovalContext,
  accountId: string,
  { messageId, row, threadId }: FoundRow,
  isPerson: (jid: string) => boolean
) {
  const [found] = yield* sql`SELECT ${sql.literal(HELD_COLUMNS)} FROM messages m WHERE m.message_row = ${row}`
  const held = yield* decodeHeld(found)
  if (isEventOnlyAbout(held, isPerson)) return 'event' as const
  const after = withoutPerson(held, isPerson)
  yield* replaceHeld(sql, { threadId, messageId, row }, held, after)
  yield* eventLog.append(accountId, [{ kind: 'message.changed', threadId, messageId, changed: [] }])
  return after.body === held.body ? ('changed' as const) : ('reworded' as const)
})

const removeInRows = Effect.fnUntraced(function* (context: RemovalContext, scan: PersonScan) {
  const { accountId, person } = scan
  const isPerson = (jid: string): boolean => person.addresses.includes(jid)
  const found = yield* rowsOfPerson(context.sql, scan)
  const written = found.filter(({ sender }) => sender !== null && isPerson(sender))
  const reworded = new Set<string>()
  const events: Array<FoundRow> = []
  for (const row of found.filter(one => !written.includes(one))) {
    const outcome = yield* takeFrom(context, accountId, row, isPerson)
    if (outcome === 'event') events.push(row)
    if (outcome === 'reworded') reworded.add(row.threadId)
  }
  yield* refreshSummaries(context, reworded)
  const gone = [...written, ...events]
  let quotes = 0
  for (const [threadId, rows] of Map.groupBy(gone, row => row.threadId))
    quotes += (yield* removeWithQuotes(context, accountId, threadId, rows)).length
  const removed: Removed = {
    messages: gone.length,
    files: filesOf(gone),
    changed: found.length - gone.length,
    quotes
  }
  return { removed, scanned: scannedUpTo(scan, found) }
})

const removeRest = Effect.fnUntraced(function* (
  context: RemovalContext,
  accountId: string,
  person: KnownPerson
) {
  const quotes = yield* forgetThreadsQuoted(context.sql, person.threadIds)
  yield* context.eventLog.append(accountId, changed(quotes, 'quoted'))
  const rows = yield* context.tables.removePerson({ accountId, ...person })
  return { rows, quotes: quotes.length }
})
