// Two addresses turned out to belong to one person: everything stored under one moves to the other, in SQL.
import { Effect, Equal } from 'effect'
import type { SqlClient, Statement } from 'effect/sql'
import { messageIdOf, threadIdOf } from '../../../domain/ids.ts'
import { withAdditionsOf } from '../../../domain/one-message.ts'
import { listOf } from '../../database/dialect.ts'
import type { MessageRekey, Tables, ThreadMerge } from '../../database/tables.ts'
import { mergeContacts } from './contacts.ts'
import { deriveThreads, markRemovedMessages } from './chat-settings.ts'
import type { WriteContext } from './context.ts'
import { renameGroupAdmin } from './group-admins.ts'
import { deriveThreadLabels } from './labels.ts'
import { applyWaitingOf, HELD_COLUMNS, replaceHeld } from './message-changes.ts'
import { decodeHeld } from './message-row.ts'
import { MESSAGE_COLUMN_NAMES, MESSAGE_COLUMNS, ONE_MESSAGE_RULE } from './messages.ts'
import { renamePastParticipant } from './past-participants.ts'
import { renameInMessages, renameInWaitingChanges } from './rename-in-messages.ts'
import { renameRecipient } from './receipts.ts'
import { reindexing } from './search-index.ts'
import { renamePerson } from './rows-of-people.ts'
import { SEALED_OF_PEOPLE } from './sealed-add-ons.ts'
import { refreshSummaries } from './threads.ts'
import { recountUnread } from './unread.ts'
import { WAITING_OF_PEOPLE } from './waiting-changes.ts'

export interface MergeContext extends WriteContext {
  readonly tables: Tables['Service']
}

/** Copies rows under a new key; where it is taken, the two become one by the rule for one message. */
const copyMessages = (
  sql: SqlClient.SqlClient,
  where: Statement.Fragment,
  changed: Readonly<Record<string, string>>
) => {
  const selected = MESSAGE_COLUMN_NAMES.map(column =>
    changed[column] === undefined ? sql.literal(column) : sql`${changed[column]}`
  )
  return sql`INSERT INTO messages (${sql.literal(MESSAGE_COLUMNS)})
    SELECT ${sql.csv(selected)} FROM messages WHERE ${where} ORDER BY message_row ${sql.literal(ONE_MESSAGE_RULE)}`
}

interface MessageKey {
  readonly threadId: string
  readonly messageId: string
  readonly messageRow: number
}

/** Two rows of one message: `row` goes, `same` stays. */
interface Pair {
  readonly row: number
  readonly same: number
}

/** Most messages have nothing that was added to them. */
const HAS_ADDITIONS = `(m.reactions IS NOT NULL OR m.edits IS NOT NULL OR m.details IS NOT NULL
  OR m.media LIKE '%"fetched"%' OR m.media LIKE '%"variants"%')`

const heldIn = Effect.fnUntraced(function* (
  sql: SqlClient.SqlClient,
  rows: ReadonlyArray<number>,
  condition = 'TRUE'
) {
  const found =
    yield* sql<MessageKey>`SELECT m.thread_id, m.message_id, ${sql.literal(HELD_COLUMNS)} FROM messages m
    WHERE m.message_row IN ${listOf(sql, rows)} AND ${sql.literal(condition)}`
  return yield* Effect.forEach(found, one =>
    Effect.map(decodeHeld(one), held => ({ ...one, row: one.messageRow, held }))
  )
})

/** Has rows become one by `work`, and adds what was added to those that go, such as edits, reactions and files that were fetched. */
const withAdditions = Effect.fnUntraced(function* <E, R>(
  sql: SqlClient.SqlClient,
  pairs: ReadonlyArray<Pair>,
  work: Effect.Effect<unknown, E, R>
) {
  const sameOf = new Map(pairs.map(({ row, same }) => [row, same]))
  const going = yield* heldIn(sql, [...sameOf.keys()], HAS_ADDITIONS)
  yield* work
  const staying = going.flatMap(({ row }) => sameOf.get(row) ?? [])
  const stays = new Map((yield* heldIn(sql, staying)).map(one => [one.row, one]))
  for (const { held, row } of going) {
    const stayed = stays.get(sameOf.get(row) ?? 0)
    if (stayed === undefined) continue
    const after = withAdditionsOf(stayed.held, held)
    if (!Equal.equals(after, stayed.held)) yield* replaceHeld(sql, stayed, stayed.held, after)
  }
})

const countFewer = (sql: SqlClient.SqlClient, accountId: string, fewer: number) =>
  sql`UPDATE accounts SET messages = messages - ${fewer} WHERE account_id = ${accountId}`

/**
 * Moves the messages of one thread into the other. Row numbers stay, so that cursors of both threads stay valid. A message
 * that is in both becomes one by the rule for one message.
 */
export const mergeMessagesOfThreads = Effect.fnUntraced(function* (
  sql: SqlClient.SqlClient,
  { accountId, from, to }: ThreadMerge
) {
  const inBoth = yield* sql<Pair>`SELECT a.message_row AS row, b.message_row AS same FROM messages a
    JOIN messages b ON b.thread_id = ${to} AND b.message_id = a.message_id WHERE a.thread_id = ${from}`
  const rows = inBoth.map(({ row }) => row)
  const isInBoth = sql`thread_id = ${from} AND message_row IN ${listOf(sql, rows)}`
  const moving = reindexing(
    sql,
    inBoth.flatMap(({ row, same }) => [row, same]),
    Effect.andThen(
      copyMessages(sql, isInBoth, { thread_id: to }),
      sql`DELETE FROM messages WHERE ${isInBoth}`
    )
  )
  yield* withAdditions(sql, inBoth, moving)
  yield* sql`UPDATE messages SET thread_id = ${to} WHERE thread_id = ${from}`
  yield* sql`UPDATE messages SET quoted_thread_id = CASE WHEN thread_id = ${to} THEN NULL ELSE ${to} END
    WHERE quoted_thread_id = ${from} OR (quoted_thread_id = ${to} AND thread_id = ${to})`
  yield* countFewer(sql, accountId, inBoth.length)
})

/** Changes what refers to a message that gets another id; the message itself is changed by the caller. */
export const rekeyQuotes = (sql: SqlClient.SqlClient, { from, threadId, to }: MessageRekey) =>
  Effect.andThen(
    sql`UPDATE messages SET quoted_message_id = ${to}
      WHERE thread_id = ${threadId} AND quoted_message_id = ${from} AND quoted_thread_id IS NULL`,
    Effect.andThen(
      sql`UPDATE messages SET quoted_message_id = ${to}
        WHERE quoted_thread_id = ${threadId} AND quoted_message_id = ${from}`,
      Effect.asVoid(
        sql`UPDATE messages SET parent_message_id = ${to}
          WHERE thread_id = ${threadId} AND parent_message_id = ${from}`
      )
    )
  )

/** Moves the rows of every table and derives unread count and summary again. The old id keeps leading to the thread. */
const mergeThreads = Effect.fnUntraced(function* (context: MergeContext, ids: ThreadMerge) {
  const { accountId, to } = ids
  yield* context.tables.mergeThreads(ids)
  // Receipts and changes may have come under an address that never had a thread.
  yield* applyWaitingOf(context, accountId, to)
  yield* recountUnread(context, to)
  yield* refreshSummaries(context, new Set([to]))
  yield* markRemovedMessages(context.sql, [to])
  yield* deriveThreads(context, accountId, [to])
  yield* deriveThreadLabels(context, to)
  yield* context.eventLog.append(accountId, [
    { kind: 'thread.merged', threadId: to, messageId: null },
    { kind: 'thread.changed', threadId: to, messageId: null }
  ])
})

interface GroupMessage {
  readonly row: number
  readonly threadId: string
  readonly messageId: string
  readonly whatsAppId: string
}

/** A message in a group has its writer in its id: of another writer, it is another message. */
const rekeyMessage = Effect.fnUntraced(function* (
  context: MergeContext,
  accountId: string,
  { messageId: from, row, threadId, whatsAppId }: GroupMessage,
  sender: string
) {
  const { sql } = context
  const to = messageIdOf(sender, whatsAppId)
  const [same] = yield* sql<{ row: number }>`SELECT message_row AS row FROM messages
    WHERE thread_id = ${threadId} AND message_id = ${to}`
  if (same === undefined) {
    yield* sql`UPDATE messages SET sender = ${sender}, message_id = ${to}
      WHERE thread_id = ${threadId} AND message_id = ${from}`
  } else {
    const isThis = sql`thread_id = ${threadId} AND message_id = ${from}`
    const moving = reindexing(
      sql,
      [same.row, row],
      Effect.andThen(
        copyMessages(sql, isThis, { message_id: to, sender }),
        sql`DELETE FROM messages WHERE ${isThis}`
      )
    )
    yield* withAdditions(sql, [{ row, same: same.row }], moving)
    yield* countFewer(sql, accountId, 1)
    yield* recountUnread(context, threadId)
  }
  yield* context.tables.rekeyMessage({ accountId, threadId, from, to })
})

/** Changes the sender of what the person wrote under the old address, in groups and elsewhere. */
const renameSender = Effect.fnUntraced(function* (
  context: MergeContext,
  accountId: string,
  from: string,
  to: string
) {
  const { sql } = context
  yield* sql`UPDATE messages SET sender = ${to} WHERE thread_id IN (SELECT thread_id FROM threads WHERE account_id = ${accountId}) AND sender = ${from}
    AND thread_id NOT LIKE '%@g.us'`
  const messages = yield* sql<GroupMessage>`
    SELECT message_row AS row, thread_id, message_id, whatsapp_id FROM messages WHERE thread_id IN (SELECT thread_id FROM threads WHERE account_id = ${accountId}) AND sender = ${from}`
  for (const message of messages) yield* rekeyMessage(context, accountId, message, to)
  const touched = new Set(messages.map(message => message.threadId))
  for (const threadId of touched) yield* applyWaitingOf(context, accountId, threadId)
  yield* refreshSummaries(context, touched)
})

/** Everything of the person `from` becomes that of the person `to`; both are addresses. Within the caller's transaction. */
export const mergePeople = Effect.fnUntraced(function* (
  context: MergeContext,
  accountId: string,
  from: string,
  to: string
) {
  const { sql } = context
  yield* mergeThreads(context, {
    accountId,
    from: threadIdOf(accountId, from),
    to: threadIdOf(accountId, to)
  })
  yield* renameSender(context, accountId, from, to)
  yield* renameInMessages(context, accountId, from, to)
  yield* renameInWaitingChanges(context, accountId, from, to)
  yield* renamePerson(sql, WAITING_OF_PEOPLE, accountId, from, to)
  yield* renamePerson(sql, SEALED_OF_PEOPLE, accountId, from, to)
  yield* renameRecipient(sql, accountId, from, to)
  yield* renameGroupAdmin(sql, accountId, from, to)
  yield* renamePastParticipant(sql, accountId, from, to)
  yield* mergeContacts(sql, accountId, from, to)
})
