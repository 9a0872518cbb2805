// The newest events, read once for all endpoints. Only an endpoint that is far behind reads the log by itself.
import { Effect, Stream } from 'effect'
import type { FeedEvent } from '../../domain/feed.ts'
import type { EventLog } from '../events/event-log.ts'
import { addRecent, type RecentEvents } from '../events/recent.ts'
import { EventTail } from '../events/tail.ts'

/** Events in memory: what a thousand a second make in twenty. To read them again for each endpoint takes longer than to deliver them. */
const MOST = 20_000

/** What comes after a place in the log. */
export interface LogPage {
  readonly events: ReadonlyArray<FeedEvent>
  /** The last event that was read. */
  readonly upTo: number
  /** Whether that is the newest one. */
  readonly isEnd: boolean
}

/** Events from now on, kept in memory; `onMore` runs whenever there are more. Never ends. */
export const followEvents = Effect.fnUntraced(function* (
  begun: (recent: RecentEvents) => Effect.Effect<void>,
  onMore: Effect.Effect<void>
) {
  const tail = yield* EventTail
  const newest = yield* tail.newest
  const recent: RecentEvents = { events: [], floor: newest, newest }
  yield* begun(recent)
  yield* Stream.runForEach(tail.follow({ after: newest }), ({ events }) =>
    Effect.suspend(() => {
      addRecent(recent, events, MOST)
      return onMore
    })
  )
})

/** The place of the first event after a number, among events in their order. */
const firstAfter = (events: ReadonlyArray<FeedEvent>, after: number): number => {
  let [low, high] = [0, events.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((events[middle]?.eventId ?? 0) > after) high = middle
    else low = middle + 1
  }
  return low
}

/** At most `limit` events after a place. */
export const pageAfter = Effect.fnUntraced(function* (
  log: EventLog['Service'],
  recent: RecentEvents | undefined,
  { after, limit }: { readonly after: number; readonly limit: number }
) {
  if (recent !== undefined && after >= recent.floor) {
    const from = firstAfter(recent.events, after)
    const events = recent.events.slice(from, from + limit)
    const isEnd = from + limit >= recent.events.length
    const upTo = isEnd ? Math.max(after, recent.newest) : (events.at(-1)?.eventId ?? after)
    return { events, upTo, isEnd } satisfies LogPage
  }
  const events = yield* log.list({ after, limit })
  return {
    events,
    upTo: events.at(-1)?.eventId ?? after,
    isEnd: events.length < limit
  } satisfies LogPage
})
