// The HTTP contract of messages: reading those of a thread, and sending.
import { Schema } from 'effect'
import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema } from 'effect/http-api'
import { Message, MessageStatus, Receipt } from '../../../domain/message.ts'
import { OutboxEntry, OutboxStatus } from '../../../domain/outbox.ts'
import { Pin } from '../../../domain/pin.ts'
import { SendRequest } from '../../../services/outbox/request.ts'
import { reads, sends } from '../../auth/access.ts'
import { Authorization } from '../../auth/authorization.ts'
import { accountPath, CursorText, limit, threadPath } from '../../fields.ts'
import { messageFilterFields } from '../../message-filter.ts'
import { operation } from '../../operation.ts'
import { BadField, KeyReused, NotFound, NotSent, StoreUnavailable, WrongState } from '../../problems.ts'
import { SendForm } from './send-form.ts'
import { waitFields } from './waiting.ts'

const listQuery = {
  limit: limit(500),
  before: Schema.optionalKey(CursorText),
  after: Schema.optionalKey(CursorText),
  ...messageFilterFields
}
export type MessageListQuery = Schema.Struct.Type<typeof listQuery>

const part = { entryId: Schema.String, messageId: Schema.String }

/** What was accepted and is not known to have ended. */
export const AcceptedMessage = Schema.Struct({
  /** Identifies the entry in the outbox. */
  entryId: Schema.String,
  /** The message, which is stored from now on; for a reaction, edit or deletion the message it refers to. */
  messageId: Schema.String,
  threadId: Schema.String,
  /** `queued`, unless a client has waited in vain: then how far it is. */
  status: OutboxStatus,
  /** Of an album: the messages of its pictures and films, in order. */
  parts: Schema.optionalKey(Schema.Array(Schema.Struct(part)))
}).annotate({ identifier: 'AcceptedMessage' })

/** What a client that waits is told: the entry, which was sent, and how far its message got. */
const SentMessage = Schema.Struct({
  ...OutboxEntry.fields,
  /** `null` for what changes another message. */
  messageStatus: Schema.NullOr(MessageStatus),
  /** Of an album: its pictures and films, in order. One of them may have failed. */
  parts: Schema.optionalKey(
    Schema.Array(
      Schema.Struct({
        ...part,
        status: OutboxStatus,
        reason: OutboxEntry.fields.reason,
        messageStatus: Schema.NullOr(MessageStatus)
      })
    )
  )
}).annotate({ identifier: 'SentMessage' })

export const IDEMPOTENCY_KEY = 'idempotency-key'

/** The same as `idempotencyKey` of the body. */
const sendHeaders = {
  [IDEMPOTENCY_KEY]: Schema.optionalKey(Schema.String.check(Schema.isMinLength(1), Schema.isMaxLength(200)))
}
export type SendHeaders = Schema.Struct.Type<typeof sendHeaders>

export class MessagesGroup extends HttpApiGroup.make('messages')
  .add(
    HttpApiEndpoint.post('send', '/accounts/:accountId/messages', {
      params: accountPath,
      query: waitFields,
      headers: sendHeaders,
      payload: [SendRequest, SendForm],
      success: [SentMessage, AcceptedMessage.pipe(HttpApiSchema.status(202))],
      error: [NotFound, WrongState, KeyReused, NotSent, BadField, StoreUnavailable]
    }).annotateMerge(
      operation({
        access: sends('path'),
        changesAtOnce: true,
        operationId: 'outbox.send',
        summary: 'Send a message',
        description:
          'Queues the message; it is sent exactly once, as soon as the account is online. The body is JSON with exactly one of text, media (by URL), album, location, contacts, poll, event, reaction, edit, revoke, forward, pin, unpin; or multipart/form-data with a file. Requests with the same idempotencyKey, in the body or the header Idempotency-Key, get the same response for 24 hours. With `wait`, the response says what became of it: 200 when it was sent (or delivered), 422 when it was not, 202 when the time is over.'
      })
    ),
    HttpApiEndpoint.get('list', '/threads/:threadId/messages', {
      params: threadPath,
      query: listQuery,
      success: Schema.Struct({
        messages: Schema.Array(Message),
        /** Pass as `before` for older messages; `null` when there are none. */
        olderCursor: Schema.NullOr(Schema.String),
        /** Pass as `after` for newer messages than these. */
        newerCursor: Schema.NullOr(Schema.String)
      }).annotate({ identifier: 'MessagePage' }),
      error: [NotFound, BadField, StoreUnavailable]
    }).annotateMerge(
      operation({
        access: reads('thread'),
        operationId: 'threads.messages',
        summary: 'List messages of a thread',
        description:
          'Newest first. With filters, a page may be short or empty before the end: the last page is the one whose `olderCursor` is null.'
      })
    ),
    HttpApiEndpoint.get('pins', '/threads/:threadId/pins', {
      params: threadPath,
      success: Schema.Struct({ pins: Schema.Array(Pin) }).annotate({ identifier: 'PinList' }),
      error: [NotFound, StoreUnavailable]
    }).annotateMerge(
      operation({
        access: reads('thread'),
        operationId: 'threads.pins',
        summary: 'List pinned messages',
        description:
          'What stands at the top of the chat now, the newest pin first: up to three messages, as on phones. A pin and its end are events of the thread, so `message.created` tells of changes; the end of its time has no event.'
      })
    ),
    HttpApiEndpoint.get('get', '/threads/:threadId/messages/:messageId', {
      params: { ...threadPath, messageId: Schema.String.check(Schema.isMaxLength(200)) },
      success: Schema.Struct({ ...Message.fields, receipts: Schema.Array(Receipt) }).annotate({
        identifier: 'MessageWithReceipts'
      }),
      error: [NotFound, StoreUnavailable]
    }).annotateMerge(
      operation({
        access: reads('thread'),
        operationId: 'threads.message',
        summary: 'Get a message',
        description: 'For a sent message, `receipts` lists who received, read and played it, and when.'
      })
    )
  )
  .middleware(Authorization)
  .prefix('/v1') {}
