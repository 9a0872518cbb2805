// How far the documents that applications read in Firestore are behind what this server holds.
import { Schema } from 'effect'
import { Time, Whole } from './whole.ts'

/** Times are milliseconds since 1970. */
export const PublishingStatus = Schema.Struct({
  /** Documents that have yet to be looked at. */
  waiting: Whole,
  /** Since when the first of them waits. */
  waitingSince: Schema.NullOr(Time),
  /** Documents that Firestore does not take. */
  refused: Whole,
  /** Why nothing is written at present. */
  trouble: Schema.NullOr(Schema.Struct({ reason: Schema.String, since: Time }))
}).annotate({ identifier: 'PublishingStatus' })
export type PublishingStatus = typeof PublishingStatus.Type

export const StoreState = Schema.Struct({
  store: Schema.Literals(['sqlite', 'firestore']),
  /** `null` when applications read over HTTP alone. */
  publishing: Schema.NullOr(PublishingStatus)
})
export type StoreState = typeof StoreState.Type
