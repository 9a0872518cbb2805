// What one subscriber is told: the log from its place on, what happens now, and the progress of history. The server-sent events and the
// WebSocket are two forms of it.
import { randomUUID } from 'node:crypto'
import { Clock, Effect, Schedule, Stream } from 'effect'
import { type CloudEvent, cloudEvent } from '../../../domain/cloud-event.ts'
import { matchesEvent } from '../../../domain/event-pattern.ts'
import { mayFollow } from '../../../domain/events/catalogue.ts'
import { MISSED_TYPE, OPENED_TYPE } from '../../../domain/events/server-events.ts'
import type { EventKind, FeedEvent } from '../../../domain/feed.ts'
import type { Grant } from '../../../domain/grant.ts'
import { Accounts } from '../../../services/accounts.ts'
import type { ThreadStore } from '../../../services/conversations/thread-store.ts'
import { LiveEvents } from '../../../services/events/live-events.ts'
import { EventTail, type Followed, type Missed } from '../../../services/events/tail.ts'
import { EventData } from '../../../services/feed/event-data.ts'
import type { FollowedThreads } from './followed-threads.ts'
import { makeProgressTold } from './progress-told.ts'

export interface Subscription {
  readonly grant: Grant
  /** The number of the event after which to begin. */
  readonly after: number
  /** What the subscriber is told first: that its place is beyond the log. */
  readonly missed?: Missed | undefined
  /** Only events of these, of these types and of these threads; all when it is left out. */
  readonly accountIds?: ReadonlyArray<string> | undefined
  readonly types?: ReadonlyArray<string> | undefined
  readonly threads?: FollowedThreads | undefined
}

export type SubscriptionNeeds = Accounts | EventData | EventTail | LiveEvents | ThreadStore

/** Events of the log have numbers, by which a subscriber can go on; others have not. */
export const isResumable = ({ id }: Pick<CloudEvent, 'id'>): boolean => /^\d+$/.test(id)

const PROGRESS = 'sync.progress'
const PROGRESS_INTERVAL = '1 second'

const wants = ({ grant, types }: Subscription, kind: EventKind): boolean =>
  mayFollow(grant, kind) && (types === undefined || types.some(pattern => matchesEvent(pattern, kind)))

/** Where something happened; a part that it is not about is left out or `null`. */
interface Happened {
  readonly kind: EventKind
  readonly accountId: string | null
  readonly threadId?: string | null
}

const isFor = (subscription: Subscription, { accountId, kind, threadId = null }: Happened): boolean => {
  const { accountIds, threads } = subscription
  return (
    kind === MISSED_TYPE ||
    (wants(subscription, kind) &&
      (accountIds === undefined || (accountId !== null && accountIds.includes(accountId))) &&
      (threads === undefined || (threadId !== null && threads.has(threadId))))
  )
}

/** Those of a subscriber among events of the log, in their order. */
const wantedOf = Effect.fnUntraced(function* (subscription: Subscription, events: ReadonlyArray<FeedEvent>) {
  const wanted: Array<FeedEvent> = []
  for (const event of events) {
    if (event.kind === 'thread.merged' && subscription.threads !== undefined)
      yield* subscription.threads.refresh
    if (isFor(subscription, event)) wanted.push(event)
  }
  return wanted
})

/** What was written to the log, as it is now; and what of it is not there. */
const logged = (subscription: Subscription) =>
  Stream.unwrap(
    Effect.gen(function* () {
      const tail = yield* EventTail
      const data = yield* EventData
      const { accountIds, after } = subscription
      const [first, ...others] = accountIds ?? []
      const told = Effect.fnUntraced(function* ({ events, missed }: Followed) {
        const wanted = yield* wantedOf(subscription, events)
        return [...(yield* missedEvents(missed)), ...(yield* data.of(wanted))]
      })
      const followed = tail.follow({ after, accountId: others.length === 0 ? first : undefined })
      return Stream.concat(Stream.succeed({ events: [], missed: subscription.missed }), followed).pipe(
        Stream.mapEffect(told),
        Stream.filter(events => events.length > 0)
      )
    })
  )

/** From where a subscriber goes on that is told nothing else; nothing where what is missed says it. */
export const openedEvent = Effect.fnUntraced(function* ({ after, missed }: Subscription) {
  if (missed !== undefined) return []
  const at = yield* Clock.currentTimeMillis
  return [cloudEvent({ id: String(after), kind: OPENED_TYPE, accountId: null, at }, { after })]
})

const missedEvents = Effect.fnUntraced(function* (missed: Missed | undefined) {
  if (missed === undefined) return []
  const at = yield* Clock.currentTimeMillis
  const unknown = { events: null, since: null, until: null }
  const about = { id: String(missed.upTo), kind: MISSED_TYPE, accountId: null, at } as const
  return [cloudEvent(about, { ...missed, ...unknown })]
})

const momentaryId = (): string => `now-${randomUUID()}`

/** What is told as it happens, from the moment in which this is run. */
const live = Effect.fnUntraced(function* (subscription: Subscription) {
  const told = yield* (yield* LiveEvents).told
  return told.pipe(
    Stream.filter(({ data, kind }) => isFor(subscription, { kind, ...data })),
    Stream.map(({ at, data, kind }) => [
      cloudEvent({ id: momentaryId(), kind, accountId: data.accountId, at }, data)
    ])
  )
})

/** The progress of accounts whose history is coming in. */
const progress = (subscription: Subscription) => {
  const told = makeProgressTold()
  const changes = Effect.gen(function* () {
    const accounts = yield* Accounts
    const importing = (yield* accounts.importing).filter(accountId =>
      isFor(subscription, { kind: PROGRESS, accountId })
    )
    const at = yield* Clock.currentTimeMillis
    const events: Array<CloudEvent> = []
    for (const accountId of new Set([...importing, ...told.accounts()])) {
      const { coverage, sync } = yield* accounts.historyProgress(accountId)
      if (!told.isNews(accountId, { coverage, sync }, importing.includes(accountId))) continue
      const about = { id: momentaryId(), kind: PROGRESS, accountId, at } as const
      events.push(cloudEvent(about, { accountId, sync, coverage }))
    }
    return events
  })
  return Stream.fromEffectSchedule(changes, Schedule.spaced(PROGRESS_INTERVAL)).pipe(
    Stream.filter(events => events.length > 0)
  )
}

/** Batches of events, oldest first; it never ends. Nothing is missed from the moment in which this has been run. */
export const subscribe = Effect.fnUntraced(function* (subscription: Subscription) {
  const happening = yield* live(subscription)
  const isOfThreads = subscription.threads !== undefined
  return logged(subscription).pipe(
    Stream.merge(happening),
    Stream.merge(wants(subscription, PROGRESS) && !isOfThreads ? progress(subscription) : Stream.never)
  )
})
