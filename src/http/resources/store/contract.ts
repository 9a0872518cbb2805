// The HTTP contract of the store: where applications read.
import { Schema } from 'effect'
import { HttpApiEndpoint, HttpApiGroup } from 'effect/http-api'
import { DiskSpace, StoreState } from '../../../domain/publishing.ts'
import { reads } from '../../auth/access.ts'
import { Authorization } from '../../auth/authorization.ts'
import { operation } from '../../operation.ts'
import { StoreUnavailable } from '../../problems.ts'

export const Store = Schema.Struct({
  ...StoreState.fields,
  /** `null` where the system does not tell. */
  disk: Schema.NullOr(DiskSpace)
}).annotate({ identifier: 'Store' })

export class StoreGroup extends HttpApiGroup.make('store')
  .add(
    HttpApiEndpoint.get('store', '/store', {
      success: Store,
      error: StoreUnavailable
    }).annotateMerge(
      operation({
        access: reads('all'),
        summary: 'Get the store status',
        description:
          'Which store applications read. With STORE=firestore, `publishing` says how many documents wait to be written and since when, how many Firestore rejects, and what delays the rest. `disk` says, in bytes, what the database takes and what its disk has left.'
      })
    )
  )
  .middleware(Authorization)
  .prefix('/v1') {}
