// The end of the event log, read once per process: any number of followers get events from memory, and read the database
// only for older ones.
import { Context, Effect, Layer, RcRef, type Scope, Stream } from 'effect'
import { MISSED_TYPE } from '../../domain/events/server-events.ts'
import type { FeedEvent } from '../../domain/feed.ts'
import { asDatabaseError, type DatabaseError } from '../database/error.ts'
import { Durability, untilDurable } from '../database/durability.ts'
import { ALL_ACCOUNTS, type Topic, topic, type Waiter, Wakes } from '../process/wakes.ts'
import { EventLog, EVENTS } from './event-log.ts'
import { addRecent, type RecentEvents } from './recent.ts'

/** Where a follower begins. */
export interface FollowFrom {
  /** The number of the event after which to begin. */
  readonly after: number
  /** Only events of this account, and what is lost of the log. */
  readonly accountId?: string | undefined
}

/** Events that are not kept any more: those after the first number, up to the second. */
export interface Missed {
  readonly after: number
  readonly upTo: number
}

export interface Followed {
  /** Before these events, of a follower who was too far behind. */
  readonly missed: Missed | undefined
  /** Oldest first. */
  readonly events: ReadonlyArray<FeedEvent>
}

export class EventTail extends Context.Service<
  EventTail,
  {
    /** Every event after a place, in batches, as they are committed. Never ends. */
    readonly follow: (from: FollowFrom) => Stream.Stream<Followed, DatabaseError>
    /** The number of the newest event, 0 when there is none. */
    readonly newest: Effect.Effect<number, DatabaseError>
  }
>()('backscroll/services/events/EventTail') {
  static readonly layer: Layer.Layer<EventTail, never, EventLog | Wakes | Durability> = Layer.effect(
    EventTail,
    Effect.gen(function* () {
      const log = yield* EventLog
      const wakes = yield* Wakes
      const durability = yield* Durability
      // The reader lives while somebody follows: a server that nobody watches does not read its own events.
      const reader = yield* RcRef.make({ acquire: startReader({ log, wakes, durability }) })
      return EventTail.of({
        follow: from =>
          Stream.unwrap(Effect.map(RcRef.get(reader), recent => followRecent({ log, wakes, recent }, from))),
        // Where a stream begins is told to whoever follows.
        newest: Effect.tap(log.newest, onDisk(durability))
      })
    })
  )
}

/** Events in memory: a follower that is further behind reads the database. */
const MOST_IN_MEMORY = 5000
const BATCH = 500
/** Commits that follow each other at once are read together. */
const COALESCE = '20 millis'
const RETRY_AFTER = '1 second'

/** The reader has more in memory than before. */
const READ: Topic = topic('events read')

interface Reading {
  readonly log: EventLog['Service']
  readonly wakes: Wakes['Service']
  readonly durability: Durability['Service']
}

const onDisk = (durability: Durability['Service']): Effect.Effect<void, DatabaseError> =>
  untilDurable(durability).pipe(asDatabaseError('following events'))

/** What it has read since it began is on the disk. */
const startReader = (reading: Reading): Effect.Effect<RecentEvents, DatabaseError, Scope.Scope> =>
  Effect.gen(function* () {
    const { durability, log, wakes } = reading
    const waiter = yield* wakes.waiter(EVENTS, ALL_ACCOUNTS)
    const newest = yield* log.newest
    yield* onDisk(durability)
    const recent: RecentEvents = { events: [], floor: newest, newest }
    yield* Effect.forkScoped(read(reading, waiter, recent))
    return recent
  })

const read = (
  { durability, log, wakes }: Reading,
  waiter: Waiter,
  recent: RecentEvents
): Effect.Effect<never> =>
  Effect.gen(function* () {
    yield* waiter.reset
    const events = yield* log.list({ after: recent.newest, limit: BATCH })
    if (events.length === 0) return yield* waiter.await
    // After a power cut another event would have the same number.
    yield* untilDurable(durability)
    addRecent(recent, events, MOST_IN_MEMORY)
    yield* wakes.wake(READ, ALL_ACCOUNTS)
    if (events.length < BATCH) yield* Effect.sleep(COALESCE)
  }).pipe(
    Effect.catch(error =>
      Effect.andThen(Effect.logDebug('Events cannot be read now', error), Effect.sleep(RETRY_AFTER))
    ),
    Effect.forever
  )

interface Source {
  readonly log: EventLog['Service']
  readonly wakes: Wakes['Service']
  readonly recent: RecentEvents
}

const followRecent = ({ log, recent, wakes }: Source, { accountId, after }: FollowFrom) =>
  Stream.unwrap(
    Effect.map(wakes.waiter(READ, ALL_ACCOUNTS), waiter => {
      let place = after
      const next = Effect.gen(function* () {
        yield* waiter.reset
        const batch = yield* nextBatch(log, recent, { after: place, accountId })
        place = batch.upTo
        if (batch.events.length === 0 && place >= recent.newest) yield* waiter.await
        return batch
      })
      return Stream.fromEffectRepeat(next).pipe(
        Stream.filter(({ events, missed }) => events.length > 0 || missed !== undefined)
      )
    })
  )

/** That events are lost is about every account. */
const isOf = (event: FeedEvent, accountId: string | undefined): boolean =>
  accountId === undefined || event.accountId === accountId || event.kind === MISSED_TYPE

/** The next events of a follower, and the number up to which it has all of them. */
const nextBatch = Effect.fnUntraced(function* (
  log: EventLog['Service'],
  recent: RecentEvents,
  { accountId, after }: FollowFrom
) {
  if (after >= recent.floor) {
    const upTo = recent.newest
    const events = recent.events.filter(event => event.eventId > after && isOf(event, accountId))
    return { events, missed: undefined, upTo: Math.max(after, upTo) }
  }
  const { floor } = recent
  const listed = yield* log.list({ after, accountId, limit: BATCH })
  // What comes after it is in memory once the disk has it.
  const events = listed.filter(({ eventId }) => eventId <= floor)
  // What came after it was not missed, even if it is not kept any more.
  const missed = missedBefore(after, events[0]?.eventId, Math.min(yield* log.floor, floor))
  const last = events.at(-1)?.eventId ?? after
  return { events, missed, upTo: events.length < BATCH ? floor : last }
})

/** `first` is the first event that was found after a place, and `removed` what the log says afterwards that is not kept any more. */
const missedBefore = (after: number, first: number | undefined, removed: number): Missed | undefined => {
  const upTo = first === undefined ? removed : Math.min(removed, first - 1)
  return upTo > after ? { after, upTo } : undefined
}
