// How far the documents that applications read in Firestore are behind what this server holds.
import { Schema } from 'effect'

/** Times are milliseconds since 1970. */
export const PublishingStatus = Schema.Struct({
  /** Documents that have yet to be looked at. */
  waiting: Schema.Finite,
  /** Since when the first of them waits. */
  waitingSince: Schema.NullOr(Schema.Finite),
  /** Documents that Firestore does not take. */
  refused: Schema.Finite,
  /** Why nothing is written at present. */
  trouble: Schema.NullOr(Schema.Struct({ reason: Schema.String, since: Schema.Finite }))
})
export type PublishingStatus = typeof PublishingStatus.Type

export const StoreState = Schema.Struct({
  store: Schema.Literals(['sqlite', 'firestore']),
  /** `null` when applications read over HTTP alone. */
  publishing: Schema.NullOr(PublishingStatus)
})
export type StoreState = typeof StoreState.Type
