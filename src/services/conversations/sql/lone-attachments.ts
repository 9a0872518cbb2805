// Files whose message has not come: after a while they are stored as the messages that they came in, so that none is lost.
import { Effect, Schema } from 'effect'
import { MessageChange } from '../../../domain/change.ts'
import { messageIdOf, parseThreadId } from '../../../domain/ids.ts'
import { threadKindOf } from '../../../domain/jid.ts'
import { NO_DETAILS } from '../../../domain/message.ts'
import { jsonField } from '../../database/dialect.ts'
import { senderKey } from '../message-write.ts'
import type { MessageWrite, ThreadWrite } from '../writes.ts'
import type { WriteContext } from './context.ts'
import { putMessages } from './messages.ts'
import { putThreads } from './threads.ts'

const AT_ONCE = 500

interface WaitingAttachment {
  readonly changeId: number
  readonly accountId: string
  readonly threadId: string
  readonly messageId: string
  readonly change: string
}

const decodeChange = Schema.decodeUnknownEffect(Schema.fromJsonString(MessageChange))

const threadOf = (threadId: string): ThreadWrite => {
  const clientJid = parseThreadId(threadId)?.jid ?? ''
  return { threadId, clientJid, kind: threadKindOf(clientJid) }
}

const loneMessage = (
  { messageId: parentMessageId, threadId }: WaitingAttachment,
  { alone, file, sender }: Extract<MessageChange, { to: 'attached' }>
): MessageWrite => {
  const { whatsAppId = '', ...media } = file
  const { association, at, body, type } = alone
  const { jid = '' } = parseThreadId(threadId) ?? {}
  const writer = senderKey({ jid }, sender)
  return {
    ...NO_DETAILS,
    threadId,
    messageId: messageIdOf(writer, whatsAppId),
    whatsAppId,
    direction: sender === null ? 'outbound' : 'inbound',
    sender,
    senderName: null,
    type,
    body,
    media,
    association,
    parentMessageId,
    quotedWhatsAppId: null,
    quotedMessageId: null,
    quotedThreadId: null,
    quotedExcerpt: null,
    reactions: [],
    status: sender === null ? 'sent' : 'received',
    statusReason: null,
    tsClient: at,
    tsClaimed: null,
    raw: null,
    live: false
  }
}

/** Stores the files that have waited for their message since before a time (milliseconds since 1970) as messages. */
export const storeLoneAttachments = Effect.fnUntraced(function* (context: WriteContext, before: number) {
  const { sql } = context
  const waiting = yield* sql<WaitingAttachment>`SELECT change_id, account_id, thread_id, message_id, change
    FROM waiting_changes WHERE waiting_since < ${before}
      AND ${sql.literal(jsonField(sql, 'change', 'to'))} = 'attached' LIMIT ${AT_ONCE}`
  for (const row of waiting) {
    const change = yield* decodeChange(row.change)
    if (change.to === 'attached') {
      yield* putThreads(context, row.accountId, [threadOf(row.threadId)])
      yield* putMessages(context, row.accountId, [loneMessage(row, change)], undefined)
    }
    yield* sql`DELETE FROM waiting_changes WHERE change_id = ${row.changeId}`
  }
})
