// Two addresses turned out to be one person: everything kept under the one moves to the other, in SQL.
import { Effect, Schema } from 'effect'
import type { SqlClient } from 'effect/sql'
import { messageIdOf, threadIdOf } from '../../../domain/ids.ts'
import { Reaction } from '../../../domain/message.ts'
import type { eventStatements } from '../../events/events.ts'
import type { groupAdminStatements } from './group-admins.ts'
import { jsonOrNull } from './message-row.ts'
import { MESSAGE_COLUMNS, type messageStatements, ONE_MESSAGE_RULE } from './messages.ts'
import type { pastParticipantStatements } from './past-participants.ts'
import { ONE_RECEIPT_RULE, RECEIPT_TIMES } from './receipts.ts'
import type { searchIndexStatements } from './search-index.ts'
import type { threadStatements } from './threads.ts'

const decodeReactions = Schema.decodeUnknownEffect(Schema.fromJsonString(Schema.Array(Reaction)))

export const mergeStatements = (
  sql: SqlClient.SqlClient,
  threads: ReturnType<typeof threadStatements>,
  messages: ReturnType<typeof messageStatements>,
  admins: ReturnType<typeof groupAdminStatements>,
  past: ReturnType<typeof pastParticipantStatements>,
  events: ReturnType<typeof eventStatements>,
  index: ReturnType<typeof searchIndexStatements>
) => {
  /** Rows under a new key meet the rows that are there already by the rule for one message. */
  const moveMessages = (
    where: string,
    as: { thread: string; sender: string; id: string },
    params: Array<string>
  ) =>
    sql.unsafe(
      `INSERT INTO messages (${MESSAGE_COLUMNS})
        SELECT ${MESSAGE_COLUMNS.replace('thread_id', as.thread).replace('message_id', as.id).replace('sender,', `${as.sender},`)}
        FROM messages WHERE ${where} ORDER BY rowid ${ONE_MESSAGE_RULE}`,
      params
    )

  const moveReceipts = (
    set: { column: 'thread_id' | 'message_id' | 'recipient'; to: string },
    where: string,
    params: ReadonlyArray<string>
  ) => {
    const columns = ['account_id', 'thread_id', 'message_id', 'recipient', ...RECEIPT_TIMES]
    return Effect.andThen(
      sql.unsafe(
        `INSERT INTO receipts (${columns.join(', ')})
          SELECT ${columns.map(column => (column === set.column ? '?' : column)).join(', ')} FROM receipts WHERE ${where}
          ${ONE_RECEIPT_RULE}`,
        [set.to, ...params]
      ),
      sql.unsafe(`DELETE FROM receipts WHERE ${where}`, params)
    )
  }

  /**
   * Both threads' messages in one. Rows keep their numbers, so that cursors into either thread stay where they were; a
   * message that both held becomes one by the rule for one message. Answers how many those were.
   */
  const uniteMessages = Effect.fnUntraced(function* (from: string, to: string) {
    const twice = yield* sql<{
      row: number
      same: number
    }>`SELECT a.rowid AS row, b.rowid AS same FROM messages a
      JOIN messages b ON b.thread_id = ${to} AND b.message_id = a.message_id WHERE a.thread_id = ${from}`
    const isTwice = 'thread_id = ? AND rowid IN (SELECT value FROM json_each(?))'
    const rows = JSON.stringify(twice.map(({ row }) => row))
    yield* index.refresh(
      twice.flatMap(({ row, same }) => [row, same]),
      Effect.andThen(
        moveMessages(isTwice, { thread: '?', sender: 'sender', id: 'message_id' }, [to, from, rows]),
        sql.unsafe(`DELETE FROM messages WHERE ${isTwice}`, [from, rows])
      )
    )
    yield* sql`UPDATE messages SET thread_id = ${to} WHERE thread_id = ${from}`
    return twice.length
  })

  /** `isNew`: there was no thread of the name `to` before. */
  const uniteThreads = Effect.fnUntraced(function* (from: string, to: string, isNew: boolean) {
    // The later mark holds for both, with what it left unread; its second counts whole, as the rows of the two threads were numbered apart.
    yield* sql`UPDATE threads SET
        mark_base = CASE WHEN source.mark_at > threads.mark_at THEN source.mark_base ELSE threads.mark_base END,
        mark_at = MAX(source.mark_at, threads.mark_at), mark_row = ${Number.MAX_SAFE_INTEGER},
        display_name = COALESCE(threads.display_name, source.display_name),
        archived = ${isNew ? sql`source.archived` : sql`MIN(threads.archived, source.archived)`},
        pinned_at = COALESCE(threads.pinned_at, source.pinned_at),
        muted_until = COALESCE(threads.muted_until, source.muted_until),
        ephemeral_seconds = MAX(threads.ephemeral_seconds, source.ephemeral_seconds),
        created_at = MIN(threads.created_at, source.created_at)
      FROM (SELECT * FROM threads WHERE thread_id = ${from}) AS source WHERE threads.thread_id = ${to}`
    yield* sql`DELETE FROM threads WHERE thread_id = ${from}`
  })

  /** Messages, receipts, what waits, the outbox, unread count and summary follow; the old id leads here from now on. */
  const mergeThreads = Effect.fnUntraced(function* (accountId: string, from: string, to: string) {
    const toJid = to.slice(accountId.length + 2)
    const isThread = (yield* threads.read(from)) !== undefined
    const isNew = (yield* threads.read(to)) === undefined
    if (isThread) yield* threads.put(accountId, [{ threadId: to, clientJid: toJid, kind: 'direct' }])
    const twice = yield* uniteMessages(from, to)
    yield* sql`UPDATE accounts SET messages = messages - ${twice} WHERE account_id = ${accountId}`
    // Receipts and changes may have come under an address that never had a thread.
    yield* moveReceipts({ column: 'thread_id', to }, 'thread_id = ?', [from])
    for (const table of ['waiting_changes', 'outbox', 'events', 'incidents']) {
      yield* sql`UPDATE ${sql(table)} SET thread_id = ${to} WHERE thread_id = ${from}`
    }
    yield* sql`UPDATE OR IGNORE waiting_reads SET thread_id = ${to} WHERE thread_id = ${from}`
    yield* sql`DELETE FROM waiting_reads WHERE thread_id = ${from}`
    yield* sql`UPDATE OR REPLACE media_fetches SET thread_id = ${to} WHERE thread_id = ${from}`
    if (isThread) yield* uniteThreads(from, to, isNew)
    yield* messages.settleThread(to)
    yield* threads.recount(to)
    yield* threads.refreshSummaries(new Set([to]))
    yield* events.put(accountId, [
      { kind: 'thread.merged', threadId: to, messageId: null },
      { kind: 'thread.changed', threadId: to, messageId: null }
    ])
  })

  /** What the person wrote in groups under the old address: their messages have the writer in their identity. */
  const rekeySender = Effect.fnUntraced(function* (accountId: string, from: string, to: string) {
    yield* sql`UPDATE messages SET sender = ${to} WHERE thread_id IN (SELECT thread_id FROM threads WHERE account_id = ${accountId}) AND sender = ${from}
      AND thread_id NOT LIKE '%@g.us'`
    const rows = yield* sql<{ row: number; threadId: string; messageId: string; whatsappId: string }>`
      SELECT rowid AS row, thread_id, message_id, whatsapp_id FROM messages WHERE thread_id IN (SELECT thread_id FROM threads WHERE account_id = ${accountId}) AND sender = ${from}`
    for (const row of rows) {
      const messageId = messageIdOf(to, row.whatsappId)
      const [held] = yield* sql<{ row: number }>`SELECT rowid AS row FROM messages
        WHERE thread_id = ${row.threadId} AND message_id = ${messageId}`
      if (held !== undefined) {
        yield* index.refresh(
          [held.row, row.row],
          Effect.andThen(
            moveMessages('thread_id = ? AND message_id = ?', { thread: 'thread_id', sender: '?', id: '?' }, [
              messageId,
              to,
              row.threadId,
              row.messageId
            ]),
            sql`DELETE FROM messages WHERE thread_id = ${row.threadId} AND message_id = ${row.messageId}`
          )
        )
        yield* sql`UPDATE accounts SET messages = messages - 1 WHERE account_id = ${accountId}`
        yield* threads.recount(row.threadId)
      } else {
        yield* sql`UPDATE messages SET sender = ${to}, message_id = ${messageId}
          WHERE thread_id = ${row.threadId} AND message_id = ${row.messageId}`
      }
      for (const table of ['waiting_changes', 'events', 'outbox', 'incidents']) {
        yield* sql`UPDATE ${sql(table)} SET message_id = ${messageId}
          WHERE thread_id = ${row.threadId} AND message_id = ${row.messageId}`
      }
      for (const table of ['media_fetches', 'placeholders']) {
        yield* sql`UPDATE OR REPLACE ${sql(table)} SET message_id = ${messageId}
          WHERE thread_id = ${row.threadId} AND message_id = ${row.messageId}`
      }
      yield* sql`UPDATE messages SET quoted_message_id = ${messageId}
        WHERE thread_id = ${row.threadId} AND quoted_message_id = ${row.messageId}`
    }
    const touched = new Set(rows.map(row => row.threadId))
    for (const threadId of touched) yield* messages.settleThread(threadId)
    yield* threads.refreshSummaries(touched)
  })

  const rekeyReactions = Effect.fnUntraced(function* (accountId: string, from: string, to: string) {
    const rows = yield* sql<{ rowid: number; reactions: string }>`SELECT rowid, reactions FROM messages
      WHERE account_id = ${accountId} AND reactions IS NOT NULL AND instr(reactions, ${JSON.stringify(from)}) > 0`
    for (const row of rows) {
      const all = (yield* decodeReactions(row.reactions)).map(reaction =>
        reaction.sender === from ? { ...reaction, sender: to } : reaction
      )
      const latest = all.filter(
        reaction => !all.some(other => other.sender === reaction.sender && other.at > reaction.at)
      )
      yield* sql`UPDATE messages SET reactions = ${jsonOrNull(latest)} WHERE rowid = ${row.rowid}`
    }
  })

  return {
    mergePeople: Effect.fnUntraced(function* (accountId: string, from: string, to: string) {
      yield* mergeThreads(accountId, threadIdOf(accountId, from), threadIdOf(accountId, to))
      yield* rekeySender(accountId, from, to)
      yield* rekeyReactions(accountId, from, to)
      yield* moveReceipts({ column: 'recipient', to }, 'account_id = ? AND recipient = ?', [accountId, from])
      yield* admins.rename(accountId, from, to)
      yield* past.rename(accountId, from, to)
      yield* threads.mergeContacts(accountId, from, to)
    }, sql.withTransaction)
  }
}
