// The state of the store over HTTP.
import { Effect } from 'effect'
import { HttpApiBuilder } from 'effect/http-api'
import { StoreState } from '../../../services/firestore/state.ts'
import { Api } from '../../api.ts'
import { orDatabaseUnavailable } from '../../problems.ts'

export const storeLayer = HttpApiBuilder.group(
  Api,
  'store',
  Effect.fn(function* (handlers) {
    const { read } = yield* StoreState
    return handlers.handleAll({ store: () => orDatabaseUnavailable(read) })
  })
)
