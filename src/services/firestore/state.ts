// Which store applications read, and how far Firestore is behind.
import { Context, Effect, Layer } from 'effect'
import type { StoreState as State } from '../../domain/publishing.ts'
import type { DatabaseError } from '../database/error.ts'

export class StoreState extends Context.Service<
  StoreState,
  {
    readonly read: Effect.Effect<State, DatabaseError>
  }
>()('backscroll/services/firestore/StoreState') {
  /** Applications read over HTTP only. */
  static readonly layerOfSqlite: Layer.Layer<StoreState> = Layer.succeed(
    StoreState,
    StoreState.of({ read: Effect.succeed({ store: 'sqlite', publishing: null }) })
  )
}
