// What events are about, as it is now: it is added to them when they are delivered, so that no event tells what has been deleted since.
import { Context, Effect, Layer, Schema, Semaphore } from 'effect'
import { SqlClient } from 'effect/sql'
import { type CloudEvent, cloudEvent } from '../../domain/cloud-event.ts'
import { AccountData, LinkedData, RestrictionData, StateData } from '../../domain/events/account-events.ts'
import { ContactImportData } from '../../domain/events/conversation-events.ts'
import { MissedData } from '../../domain/events/server-events.ts'
import { OutboxStatus } from '../../domain/outbox.ts'
import type { FeedEvent, FeedKind } from '../../domain/feed.ts'
import { asDatabaseError, type DatabaseError } from '../database/error.ts'
import { Linking } from '../events/linking.ts'
import { Coverage } from '../history/coverage/coverage.ts'
import { elapsedMillis } from '../process/steady-clock.ts'
import { readSubjects, type Subjects } from './subjects.ts'

export class EventData extends Context.Service<
  EventData,
  {
    /** The events with what they are about, in their order. */
    readonly of: (events: ReadonlyArray<FeedEvent>) => Effect.Effect<ReadonlyArray<CloudEvent>, DatabaseError>
  }
>()('backscroll/services/feed/EventData') {
  static readonly layer: Layer.Layer<EventData, never, Needed> = Layer.effect(
    EventData,
    Effect.gen(function* () {
      const services = Context.pick(...NEEDED)(yield* Effect.context<Needed>())
      const recent = makeRecent()
      // Whoever asks for the same event waits for it, instead of reading it again.
      const oneAtATime = yield* Semaphore.make(1)
      return EventData.of({
        of: events =>
          Effect.gen(function* () {
            const now = yield* elapsedMillis
            const missing = events.filter(({ eventId }) => recent.find(eventId, now) === undefined)
            const made = missing.length === 0 ? [] : yield* make(missing)
            recent.add(
              made.filter(({ type }) => !NEVER_KEPT.has(type)),
              now
            )
            const fresh = new Map(made.map(event => [event.id, event]))
            return events.flatMap(
              ({ eventId }) => fresh.get(String(eventId)) ?? recent.find(eventId, now) ?? []
            )
          }).pipe(
            Semaphore.withPermit(oneAtATime),
            Effect.provideContext(services),
            asDatabaseError('reading what events are about')
          )
      })
    })
  )
}

const NEEDED = [SqlClient.SqlClient, Coverage, Linking] as const
type Needed = Context.Service.Identifier<(typeof NEEDED)[number]>

/**
 * Several subscribers ask for the same events, one shortly after the other. It is short, since what is deleted must not be told for long.
 * A round over many endpoints may take longer: then events are read a second time, which costs little beside the deliveries.
 */
const KEPT_MS = 2000

/** Codes to link with are made new every few seconds, and are in memory anyway. */
const NEVER_KEPT: ReadonlySet<string> = new Set<FeedKind>(['account.pairing', 'account.passkey'])

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

const make = Effect.fnUntraced(function* (events: ReadonlyArray<FeedEvent>) {
  const subjects = yield* readSubjects(events)
  const linking = yield* Linking
  return yield* Effect.forEach(events, event => documentOf(event, subjects, linking))
})

/** What an event is about, as a path below the API's addresses. */
const subjectOf = ({ kind, messageId, subjectId, threadId }: FeedEvent): string | undefined => {
  if (kind === 'outbox.changed') return `outbox/${encodeURIComponent(subjectId ?? '')}`
  if (kind === 'contact.changed') return `contacts/${encodeURIComponent(subjectId ?? '')}`
  if (kind.startsWith('incident.')) return `incidents/${encodeURIComponent(subjectId ?? '')}`
  if (threadId === null) return undefined
  const thread = `threads/${encodeURIComponent(threadId)}`
  return messageId === null ? thread : `${thread}/messages/${encodeURIComponent(messageId)}`
}

const decodeAccount = Schema.decodeUnknownEffect(AccountData)
const decodeLinked = Schema.decodeUnknownEffect(LinkedData)
const decodeState = Schema.decodeUnknownEffect(StateData)
const decodeRestriction = Schema.decodeUnknownEffect(RestrictionData)
const decodeImport = Schema.decodeUnknownEffect(ContactImportData)
const decodeMissed = Schema.decodeUnknownEffect(MissedData)
const decodeStatus = Schema.decodeUnknownEffect(Schema.Struct({ status: OutboxStatus }))

const documentOf = Effect.fnUntraced(function* (
  event: FeedEvent,
  subjects: Subjects,
  linking: Linking['Service']
): Effect.fn.Return<CloudEvent, Schema.SchemaError> {
  const { kind } = event
  const about = {
    id: String(event.eventId),
    accountId: event.accountId,
    subject: subjectOf(event),
    at: event.at
  }
  const accountId = event.accountId ?? ''
  const threadId = event.threadId ?? ''
  const subjectId = event.subjectId ?? ''
  const facts = { accountId, ...event.facts }
  switch (kind) {
    case 'message.stored':
    case 'message.changed':
    case 'message.status':
    case 'message.reaction':
    case 'message.vote':
    case 'message.media':
    case 'call.ringing':
    case 'call.ended':
      return cloudEvent(
        { ...about, kind },
        {
          accountId,
          threadId,
          messageId: event.messageId ?? '',
          message: subjects.message(event),
          changed: event.changed
        }
      )
    case 'thread.changed':
    case 'thread.merged':
      return cloudEvent({ ...about, kind }, { accountId, threadId, thread: subjects.thread(threadId) })
    case 'group.changed':
      return cloudEvent(
        { ...about, kind },
        { accountId, threadId, thread: subjects.thread(threadId), admins: subjects.admins(threadId) }
      )
    case 'contact.changed':
      return cloudEvent(
        { ...about, kind },
        { accountId, contactJid: subjectId, contact: subjects.contact(accountId, subjectId) }
      )
    case 'contact.imported':
      return cloudEvent({ ...about, kind }, yield* decodeImport(facts))
    case 'coverage.changed':
      return cloudEvent({ ...about, kind }, { accountId, threadId, coverage: subjects.coverage(threadId) })
    case 'outbox.changed': {
      const { status } = yield* decodeStatus(facts)
      const entry = subjects.entry(accountId, subjectId)
      return cloudEvent({ ...about, kind }, { accountId, threadId, entryId: subjectId, status, entry })
    }
    case 'incident.reported':
    case 'incident.acknowledged':
    case 'incident.resolved':
      return cloudEvent(
        { ...about, kind },
        { accountId: event.accountId, incidentId: subjectId, incident: subjects.incident(subjectId) }
      )
    case 'account.created':
    case 'account.removed':
      return cloudEvent({ ...about, kind }, yield* decodeAccount(facts))
    case 'account.linked':
      return cloudEvent({ ...about, kind }, yield* decodeLinked(facts))
    case 'account.state':
      return cloudEvent({ ...about, kind }, yield* decodeState(facts))
    case 'account.pairing':
      return cloudEvent({ ...about, kind }, { accountId, offer: linking.of(accountId).offer })
    case 'account.passkey':
      return cloudEvent({ ...about, kind }, { accountId, passkey: linking.of(accountId).passkey })
    case 'events.missed':
      return cloudEvent({ ...about, kind }, yield* decodeMissed(event.facts))
    case 'account.restriction':
      return cloudEvent({ ...about, kind }, yield* decodeRestriction(facts))
  }
})
