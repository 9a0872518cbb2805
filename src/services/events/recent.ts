// The newest events in memory, beside the log that has all of them.
import type { FeedEvent } from '../../domain/feed.ts'

/** All events after `floor`, up to `newest`; those before are in the log only. */
export interface RecentEvents {
  events: ReadonlyArray<FeedEvent>
  floor: number
  newest: number
}

/** Whether threads or messages have other ids since: of what was read before, the log has them, and memory does not. */
const changeIds = (events: ReadonlyArray<FeedEvent>): boolean =>
  events.some(({ kind }) => kind === 'thread.merged')

/** Adds what comes next. The oldest are dropped beyond `most`, and all of them once their ids are not right any more. */
export const addRecent = (recent: RecentEvents, events: ReadonlyArray<FeedEvent>, most: number): void => {
  const all = [...recent.events, ...events]
  const dropped = changeIds(events) ? all.length : Math.max(0, all.length - most)
  recent.newest = all.at(-1)?.eventId ?? recent.newest
  recent.floor = all[dropped - 1]?.eventId ?? recent.floor
  recent.events = all.slice(dropped)
}
