// The state of the store over HTTP.
import { Effect } from 'effect'
import { HttpApiBuilder } from 'effect/http-api'
import { DiskSpace } from '../../../services/database/disk-space.ts'
import { StoreState } from '../../../services/firestore/state.ts'
import { Api } from '../../api.ts'
import { orDatabaseUnavailable } from '../../problems.ts'

export const storeLayer = HttpApiBuilder.group(
  Api,
  'store',
  Effect.fn(function* (handlers) {
    const { read } = yield* StoreState
    const space = yield* DiskSpace
    return handlers.handleAll({
      store: () =>
        Effect.all({ state: orDatabaseUnavailable(read), disk: space.read }).pipe(
          Effect.map(({ disk, state }) => ({ ...state, disk }))
        )
    })
  })
)
