// Where applications read, and how far that is behind.
import { Context, Effect, Layer } from 'effect'
import type { StoreState as State } from '../../domain/publishing.ts'
import type { DatabaseError } from '../database/error.ts'

export class StoreState extends Context.Service<
  StoreState,
  {
    readonly read: Effect.Effect<State, DatabaseError>
  }
>()('backscroll/services/firestore/StoreState') {
  /** Over HTTP alone. */
  static readonly layerOfSqlite: Layer.Layer<StoreState> = Layer.succeed(
    StoreState,
    StoreState.of({ read: Effect.succeed({ store: 'sqlite', publishing: null }) })
  )
}
