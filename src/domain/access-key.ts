// Keys for programs: each with a role, the accounts and events to which it is limited, and its own end.
import { Schema } from 'effect'
import { ROLES } from './grant.ts'
import { Time, Whole } from './whole.ts'

export const AccessScope = Schema.Union([Schema.Literal('all'), Schema.Array(Schema.String)])

/** What is known of a key; the key itself is shown once and kept as a hash. Times are milliseconds since 1970. */
export const AccessKey = Schema.Struct({
  keyId: Schema.String,
  name: Schema.String,
  role: Schema.Literals(ROLES),
  /** The ids of accounts, or all accounts, later ones included. */
  accounts: AccessScope,
  /** Types of events that the key may follow, such as `message.stored` or `message.*`. */
  events: AccessScope,
  /** How many requests it may make in a minute; `null`: as many as the settings say. */
  requestsPerMinute: Schema.NullOr(Whole),
  createdAt: Time,
  /** From then on the key is refused; `null`: never. */
  expiresAt: Schema.NullOr(Time),
  /** To the minute. */
  lastUsedAt: Schema.NullOr(Time),
  /** When its secret was last exchanged. */
  rotatedAt: Schema.NullOr(Time),
  /** Until when the secret before the present one is valid, too; `null`: it is not. */
  previousValidUntil: Schema.NullOr(Time)
}).annotate({ identifier: 'Key' })
export type AccessKey = typeof AccessKey.Type

/** What an administrator decides of a key. */
export type KeyDecisions = Pick<
  AccessKey,
  'name' | 'role' | 'accounts' | 'events' | 'requestsPerMinute' | 'expiresAt'
>
