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

/** Of the server itself, in bytes. */
export const DiskSpace = Schema.Struct({
  /** What the database takes. */
  databaseBytes: Whole,
  /** What is left on the disk of the data folder, and how large that is. */
  freeBytes: Whole,
  totalBytes: Whole
}).annotate({ identifier: 'DiskSpace' })
export type DiskSpace = typeof DiskSpace.Type

export const StoreState = Schema.Struct({
  store: Schema.Literals(['sqlite', 'firestore']),
  /** `null` when applications read over HTTP alone. */
  publishing: Schema.NullOr(PublishingStatus)
})
export type StoreState = typeof StoreState.Type
