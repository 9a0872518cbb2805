// The HTTP contract of threads: listing, reading, marking as read, typing.
import { Schema } from 'effect'
import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema } from 'effect/http-api'
import { Label } from '../../../domain/label.ts'
import { PastParticipant, Thread } from '../../../domain/thread.ts'
import { reads, sends } from '../../auth/access.ts'
import { Authorization } from '../../auth/authorization.ts'
import { accountPath, CursorText, limit, threadPath, YesOrNo } from '../../fields.ts'
import { operation } from '../../operation.ts'
import { BadField, NotFound, StoreUnavailable, WrongState } from '../../problems.ts'

const listQuery = {
  limit: limit(200),
  before: Schema.optionalKey(CursorText),
  after: Schema.optionalKey(CursorText),
  /** The same as `before`. */
  cursor: Schema.optionalKey(CursorText),
  archived: Schema.optionalKey(YesOrNo),
  /** Those that were deleted on the phone and have nothing newer; other lists leave them out. */
  deleted: Schema.optionalKey(YesOrNo),
  /** The id of a label. */
  label: Schema.optionalKey(Schema.String.check(Schema.isMinLength(1), Schema.isMaxLength(64))),
  /** With unread messages or marked as unread, or neither. */
  unread: Schema.optionalKey(YesOrNo),
  kind: Schema.optionalKey(Thread.fields.kind),
  q: Schema.optionalKey(
    Schema.String.check(Schema.isMinLength(1), Schema.isMaxLength(100)).annotate({
      description:
        'A part of the name, ignoring case and diacritics, or three or more digits of the phone number'
    })
  )
}
export type ThreadListQuery = Schema.Struct.Type<typeof listQuery>

const ThreadList = Schema.Struct({
  threads: Schema.Array(Thread),
  /** Pass as `before` for threads that were active earlier; `null` when there are none. */
  olderCursor: Schema.NullOr(Schema.String),
  /** Pass as `after` for threads that have become active since. */
  newerCursor: Schema.NullOr(Schema.String),
  /** The same as `olderCursor`. */
  nextCursor: Schema.NullOr(Schema.String)
}).annotate({ identifier: 'ThreadPage' })

const TypingState = Schema.Literals(['composing', 'recording', 'paused'])
export type TypingState = typeof TypingState.Type

export class ThreadsGroup extends HttpApiGroup.make('threads')
  .add(
    HttpApiEndpoint.get('list', '/accounts/:accountId/threads', {
      params: accountPath,
      query: listQuery,
      success: ThreadList,
      error: [NotFound, BadField, StoreUnavailable]
    }).annotateMerge(
      operation({
        access: reads('path'),
        operationId: 'accounts.threads',
        summary: 'List threads',
        description:
          'Most recently active first. A thread moves to the top when a message arrives. A client that pages by `olderCursor` sees each thread that does not move exactly once; `after` with the `newerCursor` of the first page returns those that moved meanwhile.'
      })
    ),
    HttpApiEndpoint.get('labels', '/accounts/:accountId/labels', {
      params: accountPath,
      success: Schema.Struct({ labels: Schema.Array(Label) }).annotate({ identifier: 'LabelList' }),
      error: [NotFound, StoreUnavailable]
    }).annotateMerge(
      operation({
        access: reads('path'),
        operationId: 'accounts.labels',
        summary: 'List labels',
        description:
          'The labels that a business account has on the phone. Threads and messages name theirs by `labelId` in `labels`.'
      })
    ),
    HttpApiEndpoint.get('thread', '/threads/:threadId', {
      params: threadPath,
      success: Schema.Struct({ ...Thread.fields, pastParticipants: Schema.Array(PastParticipant) }).annotate({
        identifier: 'ThreadWithPastParticipants'
      }),
      error: [NotFound, StoreUnavailable]
    }).annotateMerge(
      operation({
        access: reads('thread'),
        summary: 'Get a thread',
        description: 'For a group, `pastParticipants` lists who has left it.'
      })
    ),
    HttpApiEndpoint.post('read', '/threads/:threadId/read', {
      params: threadPath,
      success: Thread.pipe(HttpApiSchema.status(202)),
      error: [NotFound, StoreUnavailable]
    }).annotateMerge(
      operation({
        access: sends('thread'),
        summary: 'Mark a thread as read',
        description: 'Read receipts are sent as soon as the account is online.'
      })
    ),
    HttpApiEndpoint.post('typing', '/threads/:threadId/typing', {
      params: threadPath,
      payload: Schema.Struct({ state: TypingState }).annotate({ identifier: 'TypingRequest' }),
      success: HttpApiSchema.NoContent,
      error: [NotFound, WrongState, StoreUnavailable]
    }).annotateMerge(
      operation({
        access: sends('thread'),
        changesNothing: true,
        summary: 'Show a typing indicator',
        description: 'WhatsApp removes the indicator after a while; send it again to keep it.'
      })
    )
  )
  .middleware(Authorization)
  .prefix('/v1') {}
