// Admins and past participants of groups.
import { Context, Effect, Layer } from 'effect'
import type { SqlClient } from 'effect/sql'
import type { PastParticipant } from '../../domain/thread.ts'
import type { SqlBulk } from '../database/bulk.ts'
import { asDatabaseError, type DatabaseError } from '../database/error.ts'
import { joinTransaction } from '../database/transaction.ts'
import type { EventLog } from '../events/event-log.ts'
import type { GroupRole } from './queries.ts'
import { canonicalThreadId } from './sql/canonical-thread.ts'
import { type WriteContext, writeContext } from './sql/context.ts'
import { groupAdmins, groupRole, putGroupAdmins } from './sql/group-admins.ts'
import { applyWaitingOf } from './sql/message-changes.ts'
import { pastParticipants, putPastParticipants } from './sql/past-participants.ts'
import type { GroupAdminsWrite } from './writes.ts'

export class GroupStore extends Context.Service<
  GroupStore,
  {
    /** Stores the admins, tells of it when these are others than before, and applies the revokes that waited for them: only admins may delete messages of others. */
    readonly putAdmins: (accountId: string, write: GroupAdminsWrite) => Effect.Effect<void, DatabaseError>
    readonly role: (threadId: string, person: string) => Effect.Effect<GroupRole, DatabaseError>
    /** Adds past participants; a later report of the same person replaces an earlier one. */
    readonly putPastParticipants: (
      accountId: string,
      threadId: string,
      people: ReadonlyArray<PastParticipant>
    ) => Effect.Effect<void, DatabaseError>
    /** Those who left last come first. */
    readonly pastParticipants: (
      threadId: string
    ) => Effect.Effect<ReadonlyArray<PastParticipant>, DatabaseError>
  }
>()('backscroll/services/conversations/GroupStore') {
  static readonly layer: Layer.Layer<GroupStore, never, SqlClient.SqlClient | SqlBulk | EventLog> =
    Layer.effect(
      GroupStore,
      Effect.map(writeContext, context => {
        const { sql } = context
        return GroupStore.of({
          putAdmins: (accountId, write) =>
            Effect.andThen(
              putAndTell(context, accountId, write),
              applyWaitingOf(context, accountId, write.threadId)
            ).pipe(joinTransaction(sql), asDatabaseError('putGroupAdmins')),
          role: (threadId, person) => groupRole(sql, threadId, person).pipe(asDatabaseError('groupRole')),
          putPastParticipants: (accountId, threadId, people) =>
            putPastParticipants(sql, accountId, threadId, people).pipe(
              asDatabaseError('putPastParticipants')
            ),
          pastParticipants: threadId =>
            Effect.flatMap(canonicalThreadId(sql, threadId), id => pastParticipants(sql, id)).pipe(
              asDatabaseError('pastParticipants')
            )
        })
      })
    )
}

const putAndTell = Effect.fnUntraced(function* (
  { eventLog, sql }: WriteContext,
  accountId: string,
  write: GroupAdminsWrite
) {
  const { threadId } = write
  const before = yield* groupAdmins(sql, threadId)
  yield* putGroupAdmins(sql, accountId, write)
  const now = yield* groupAdmins(sql, threadId)
  if (now.join() !== before.join()) yield* eventLog.append(accountId, [{ kind: 'group.changed', threadId }])
})
