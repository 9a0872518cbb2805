// What events are about, as it is now: it is added to them when they are delivered, so that no event tells what has been deleted since.
import { Context, Effect, Layer } from 'effect'
import { SqlClient } from 'effect/sql'
import type { CloudEvent } from '../../domain/cloud-event.ts'
import type { FeedEvent } from '../../domain/feed.ts'
import { beginningOf } from '../../domain/lengths.ts'
import type { Message } from '../../domain/message.ts'
import type { Thread } from '../../domain/thread.ts'
import { asDatabaseError, type DatabaseError } from '../database/error.ts'
import { elapsedMillis } from '../process/steady-clock.ts'
import { readMessages } from './sql/message-lookups.ts'
import { readThreads } from './sql/threads.ts'

export class EventData extends Context.Service<
  EventData,
  {
    /** The events with what they are about, in their order. */
    readonly of: (events: ReadonlyArray<FeedEvent>) => Effect.Effect<ReadonlyArray<CloudEvent>, DatabaseError>
  }
>()('backscroll/services/conversations/EventData') {
  static readonly layer: Layer.Layer<EventData, never, SqlClient.SqlClient> = Layer.effect(
    EventData,
    Effect.map(SqlClient.SqlClient, sql => {
      const recent = makeRecent()
      return EventData.of({
        of: events =>
          Effect.gen(function* () {
            const now = yield* elapsedMillis
            const missing = events.filter(({ eventId }) => recent.find(eventId, now) === undefined)
            recent.add(yield* make(sql, missing), now)
            return events.flatMap(({ eventId }) => recent.find(eventId, now) ?? [])
          }).pipe(asDatabaseError('reading what events are about'))
      })
    })
  )
}

/** Several subscribers ask for the same events, one shortly after the other. */
const KEPT_MS = 2000

const makeRecent = () => {
  const made = new Map<string, { readonly event: CloudEvent; readonly at: number }>()
  return {
    find: (eventId: number, now: number): CloudEvent | undefined => {
      const found = made.get(String(eventId))
      return found !== undefined && now - found.at < KEPT_MS ? found.event : undefined
    },
    add: (events: ReadonlyArray<CloudEvent>, now: number): void => {
      // The oldest come first.
      for (const [id, { at }] of made) {
        if (now - at < KEPT_MS) break
        made.delete(id)
      }
      for (const event of events) {
        made.delete(event.id)
        made.set(event.id, { event, at: now })
      }
    }
  }
}

const make = Effect.fnUntraced(function* (sql: SqlClient.SqlClient, events: ReadonlyArray<FeedEvent>) {
  const keys = events.flatMap(({ messageId, threadId }) =>
    messageId === null ? [] : [[threadId, messageId] as const]
  )
  const threadIds = events.flatMap(({ messageId, threadId }) => (messageId === null ? threadId : []))
  const messages = yield* readMessages(sql, keys)
  const threads = threadIds.length === 0 ? [] : yield* readThreads(sql, threadIds)
  const messageOf = new Map(messages.map(one => [`${one.threadId} ${one.messageId}`, one]))
  const threadOf = new Map(threads.map(one => [one.threadId, one]))
  return events.map(event =>
    event.messageId === null
      ? threadEvent(event, threadOf.get(event.threadId))
      : messageEvent(event, messageOf.get(`${event.threadId} ${event.messageId}`))
  )
})

const envelopeOf = ({ accountId, at, eventId, kind, messageId, threadId }: FeedEvent) => {
  const thread = `threads/${encodeURIComponent(threadId)}`
  return {
    specversion: '1.0',
    id: String(eventId),
    source: `/v1/accounts/${accountId}`,
    type: kind,
    subject: messageId === null ? thread : `${thread}/messages/${encodeURIComponent(messageId)}`,
    time: new Date(at).toISOString(),
    datacontenttype: 'application/json'
  } as const
}

const threadEvent = (event: FeedEvent, thread: Thread | undefined): CloudEvent => ({
  ...envelopeOf(event),
  data: { thread: thread ?? null }
})

/** Characters. The longest that WhatsApp's own clients show without a click. */
const LONGEST_BODY = 4096

const messageEvent = (event: FeedEvent, message: Message | undefined): CloudEvent => ({
  ...envelopeOf(event),
  data: {
    message: message === undefined ? null : shortened(message),
    changed: event.changed
  }
})

const shortened = (message: Message) => {
  const body = message.body === null ? null : beginningOf(message.body, LONGEST_BODY)
  return {
    ...message,
    body,
    edits: body === message.body ? message.edits : [],
    bodyShortened: body !== message.body
  }
}
