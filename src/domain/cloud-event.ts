// An event as other software gets it: CloudEvents 1.0 in structured JSON, https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md
import { Schema } from 'effect'
import { CATALOGUE, type DataOf, EVENT_KINDS, schemaPath } from './events/catalogue.ts'
import type { EventKind } from './feed.ts'

const ENVELOPE = {
  specversion: Schema.Literal('1.0'),
  /** The same for each delivery of the event. */
  id: Schema.String,
  /** `/v1/accounts/acc-…`, or `/v1` where it is not about an account. */
  source: Schema.String,
  /** What it is about: `threads/…/messages/…`, `outbox/…`, `incidents/…`, `contacts/…`. */
  subject: Schema.optionalKey(Schema.String),
  /** When it happened, RFC 3339. */
  time: Schema.String,
  datacontenttype: Schema.Literal('application/json'),
  /** Where the JSON Schema of `data` is, from this server's address. Its last part is the version. */
  dataschema: Schema.String
} as const

/** `message.stored` is `MessageStoredEvent`. */
const identifierOf = (kind: EventKind): string =>
  `${kind.replaceAll(/(?:^|\.)(\w)/g, (_, letter: string) => letter.toUpperCase())}Event`

/** Each type of event as a whole, by its name. */
const SCHEMAS = EVENT_KINDS.map(kind =>
  Schema.Struct({ ...ENVELOPE, type: Schema.Literal(kind), data: CATALOGUE[kind].data }).annotate({
    identifier: identifierOf(kind),
    description: CATALOGUE[kind].when
  })
)

/** For the contract: any event, and each type. */
export const EVENT_SCHEMAS = [Schema.Union(SCHEMAS).annotate({ identifier: 'Event' }), ...SCHEMAS]

type Envelope = Schema.Struct.Type<typeof ENVELOPE>

/** By its type, one knows its data. */
export type CloudEvent = {
  readonly [Kind in EventKind]: Envelope & { readonly type: Kind; readonly data: DataOf<Kind> }
}[EventKind]

/** What an event says of itself besides its data. */
interface About<Kind extends EventKind> {
  readonly id: string
  readonly kind: Kind
  readonly accountId: string | null
  readonly subject?: string | undefined
  /** Milliseconds since 1970. */
  readonly at: number
}

export const cloudEvent = <Kind extends EventKind>(
  { accountId, at, id, kind, subject }: About<Kind>,
  data: DataOf<Kind>
) => ({
  specversion: '1.0' as const,
  id,
  source: accountId === null ? '/v1' : `/v1/accounts/${accountId}`,
  type: kind,
  ...(subject === undefined ? {} : { subject }),
  time: new Date(at).toISOString(),
  datacontenttype: 'application/json' as const,
  dataschema: schemaPath(kind),
  data
})
