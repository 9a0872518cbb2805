// Events of the server's own work: what is to be sent, what a person should know, and the events themselves.
import { Schema } from 'effect'
import { ACCOUNT_ID, EXAMPLES, THREAD_ID } from '../examples.ts'
import { Incident } from '../incident.ts'
import { OutboxEntry, OutboxStatus } from '../outbox.ts'
import { Time, Whole } from '../whole.ts'
import { durable, transient } from './event-type.ts'

export const OutboxData = Schema.Struct({
  accountId: Schema.String,
  threadId: Schema.String,
  entryId: Schema.String,
  /** What the entry became; it may be further when the event is delivered. */
  status: OutboxStatus,
  /** As it is when the event is delivered; `null` when it is not kept any more. */
  entry: Schema.NullOr(OutboxEntry)
}).annotate({ identifier: 'OutboxEventData' })

export const IncidentData = Schema.Struct({
  accountId: Schema.NullOr(Schema.String),
  incidentId: Schema.String,
  /** As it is when the event is delivered; `null` when it is not kept any more. */
  incident: Schema.NullOr(Incident)
}).annotate({ identifier: 'IncidentEventData' })

export const MissedData = Schema.Struct({
  /**
   * The event after which some are missing, and the number up to which they are. Where `upTo` is below `after`, this server's log has never
   * come to `after`: it is another log.
   */
  after: Whole,
  upTo: Whole,
  /** How many of them a webhook would have got; `null` where that is not known, as for a copy of the database that was restored. */
  events: Schema.NullOr(Whole),
  /** When the first and the last of them happened; `null` where that is not known. */
  since: Schema.NullOr(Time),
  until: Schema.NullOr(Time)
}).annotate({ identifier: 'MissedEventData' })

/** Instead of events that are not there. Everybody is told, whatever they have asked for. */
export const MISSED_TYPE = 'events.missed'

/** The first message of a WebSocket: its id is the place from which the client goes on, also when nothing happens. */
export const OPENED_TYPE = 'stream.opened'
export const OpenedData = Schema.Struct({
  /** The event after which the stream begins. */
  after: Whole
}).annotate({ identifier: 'OpenedEventData' })

/** An endpoint is tried. */
export const TEST_TYPE = 'webhook.test'
export const TestData = Schema.Struct({ webhookId: Schema.String }).annotate({ identifier: 'TestEventData' })

const incidentExample = {
  accountId: ACCOUNT_ID,
  incidentId: EXAMPLES.Incident.incidentId,
  incident: EXAMPLES.Incident
}

export const SERVER_EVENTS = {
  'outbox.changed': durable('A message to be sent is accepted, waits, is sent, or is not', OutboxData, {
    accountId: ACCOUNT_ID,
    threadId: THREAD_ID,
    entryId: EXAMPLES.OutboxEntry.entryId,
    status: 'sent',
    entry: EXAMPLES.OutboxEntry
  }),
  'incident.reported': durable(
    'Something happened, or happened again, that a person should know',
    IncidentData,
    incidentExample
  ),
  'incident.acknowledged': durable('A person has seen an incident', IncidentData, incidentExample),
  'incident.resolved': durable('The cause of an incident is over', IncidentData, incidentExample),
  [MISSED_TYPE]: durable(
    'Instead of events that are not there: not kept any more, for who was away for too long; or gone with the state of the database that an older copy has replaced. Read anew what you need',
    MissedData,
    { after: 4711, upTo: 9000, events: null, since: null, until: null }
  ),
  [OPENED_TYPE]: transient(
    'A WebSocket has been opened; its `id` is the place to go on from (server-sent events have a line for that)',
    OpenedData,
    { after: 4711 }
  ),
  [TEST_TYPE]: transient('Somebody tries a webhook', TestData, { webhookId: 'wh_0f1e2d3c4b5a69788796' })
} as const
