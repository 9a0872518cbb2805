// Something a person should know of: what happened, what the server did about it, what to do.
import { Schema } from 'effect'

export const Incident = Schema.Struct({
  incidentId: Schema.String,
  accountId: Schema.NullOr(Schema.String),
  kind: Schema.String,
  severity: Schema.Literals(['info', 'warning', 'error']),
  /** What the incident is about within the account (a thread, a chunk), for telling repeats from news. */
  subject: Schema.String,
  happened: Schema.String,
  did: Schema.String,
  advice: Schema.String,
  firstSeenAt: Schema.Finite,
  lastSeenAt: Schema.Finite,
  count: Schema.Finite,
  /** When a person has seen it, milliseconds since 1970; `null` until then, and again once it is repeated. */
  acknowledgedAt: Schema.NullOr(Schema.Finite)
})
export type Incident = typeof Incident.Type
