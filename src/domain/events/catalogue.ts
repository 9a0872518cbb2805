// Every type of event that this version sends.
import type { Schema } from 'effect'
import { type EventKind, FEED_KINDS, LIVE_KINDS } from '../feed.ts'
import { type Grant, hasRole, mayHear } from '../grant.ts'
import { ACCOUNT_EVENTS } from './account-events.ts'
import { CONVERSATION_EVENTS } from './conversation-events.ts'
import type { EventType } from './event-type.ts'
import { SERVER_EVENTS } from './server-events.ts'

export const CATALOGUE = {
  ...CONVERSATION_EVENTS,
  ...ACCOUNT_EVENTS,
  ...SERVER_EVENTS
} as const satisfies Readonly<Record<EventKind, EventType>>

export const EVENT_KINDS: ReadonlyArray<EventKind> = [...FEED_KINDS, ...LIVE_KINDS]

/** Where the JSON Schema of the type's data is published. */
export const schemaPath = (kind: EventKind): string => `/events/schemas/${kind}/${CATALOGUE[kind].version}`

/** What is in an event of this type. */
export type DataOf<Kind extends EventKind> = Schema.Schema.Type<(typeof CATALOGUE)[Kind]['data']>

/** Whether the caller may be told of events of this type. */
export const mayFollow = (grant: Grant, kind: EventKind): boolean =>
  hasRole(grant, CATALOGUE[kind].role) && mayHear(grant, kind)
