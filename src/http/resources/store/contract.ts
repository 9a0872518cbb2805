// The HTTP contract of the store: where applications read.
import { HttpApiEndpoint, HttpApiGroup, OpenApi } from 'effect/http-api'
import { StoreState } from '../../../domain/publishing.ts'
import { Authorization } from '../../auth/authorization.ts'
import { StoreUnavailable } from '../../problems.ts'

export class StoreGroup extends HttpApiGroup.make('store')
  .add(
    HttpApiEndpoint.get('store', '/store', {
      success: StoreState.annotate({ identifier: 'Store' }),
      error: StoreUnavailable
    }).annotateMerge(
      OpenApi.annotations({
        summary: 'Where applications read, and how far Firestore is behind',
        description:
          'With STORE=firestore, `publishing` tells how many documents wait to be written, since when, how many Firestore does not take, and what keeps the rest.'
      })
    )
  )
  .middleware(Authorization)
  .prefix('/v1') {}
