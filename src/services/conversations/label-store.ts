// Labels, and which chats and messages have them.
import { Context, Effect, Layer } from 'effect'
import type { SqlClient } from 'effect/sql'
import type { Label } from '../../domain/label.ts'
import type { SqlBulk } from '../database/bulk.ts'
import { asDatabaseError, type DatabaseError } from '../database/error.ts'
import { joinTransaction } from '../database/transaction.ts'
import type { EventLog } from '../events/event-log.ts'
import { writeContext } from './sql/context.ts'
import { listLabels, putLabelAssociations, putLabels } from './sql/labels.ts'
import type { LabelAssociationWrite, LabelWrite } from './writes.ts'

export class LabelStore extends Context.Service<
  LabelStore,
  {
    readonly list: (accountId: string) => Effect.Effect<ReadonlyArray<Label>, DatabaseError>
    readonly put: (accountId: string, labels: ReadonlyArray<LabelWrite>) => Effect.Effect<void, DatabaseError>
    /** Puts labels on chats and messages or takes them off; those need not be stored yet. */
    readonly associate: (
      accountId: string,
      associations: ReadonlyArray<LabelAssociationWrite>
    ) => Effect.Effect<void, DatabaseError>
  }
>()('backscroll/services/conversations/LabelStore') {
  static readonly layer: Layer.Layer<LabelStore, never, SqlClient.SqlClient | SqlBulk | EventLog> =
    Layer.effect(
      LabelStore,
      Effect.map(writeContext, context => {
        const { sql } = context
        return LabelStore.of({
          list: accountId => listLabels(sql, accountId).pipe(asDatabaseError('listLabels')),
          put: (accountId, labels) =>
            putLabels(context, accountId, labels).pipe(joinTransaction(sql), asDatabaseError('putLabels')),
          associate: (accountId, associations) =>
            putLabelAssociations(context, accountId, associations).pipe(
              joinTransaction(sql),
              asDatabaseError('putLabelAssociations')
            )
        })
      })
    )
}
