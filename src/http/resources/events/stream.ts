// The event stream: what was written to the log, what happens now, progress of history, and a sign of life.
import { Effect, Schedule, Stream } from 'effect'
import type { FeedEvent } from '../../../domain/feed.ts'
import { Accounts } from '../../../services/accounts.ts'
import { EventTail } from '../../../services/events/tail.ts'
import { Incidents } from '../../../services/incidents/incidents.ts'

const PROGRESS = 'account.progress'
const PROGRESS_INTERVAL = '1 second'
/** A comment now and then, so that neither side takes a quiet connection for a broken one. */
const KEEP_ALIVE = '15 seconds'

const isText = (text: string): boolean => text !== ''

const logFrame = (event: FeedEvent): string =>
  `id: ${event.eventId}\nevent: ${event.kind}\ndata: ${JSON.stringify(event)}\n\n`

/** Without an id: it cannot be resumed. */
const liveFrame = (kind: string, data: string): string => `event: ${kind}\ndata: ${data}\n\n`

/** Whether a subscriber may be told of events of this type. */
type MayFollow = (type: string) => boolean

/** What was written to the log after the event `start`, of one account or of all. */
const logged = (start: number, accountId: string | undefined, mayFollow: MayFollow) =>
  Stream.unwrap(Effect.map(EventTail, tail => tail.follow({ after: start, accountId }))).pipe(
    Stream.map(events =>
      events
        .filter(({ kind }) => mayFollow(kind))
        .map(logFrame)
        .join('')
    ),
    Stream.filter(isText)
  )

/** Changes of state and incidents as they happen. A client that missed some reads the accounts and incidents instead. */
const live = Effect.fnUntraced(function* (only: string | undefined, mayFollow: MayFollow) {
  const accounts = yield* Accounts
  const incidents = yield* Incidents
  return Stream.merge(
    Stream.map(yield* accounts.stateChanges, change => ({ kind: 'account.state', ...change })),
    Stream.map(yield* incidents.reported, report => ({ ...report, kind: 'incident', incident: report.kind }))
  ).pipe(
    Stream.filter(({ accountId, kind }) => (only === undefined || accountId === only) && mayFollow(kind)),
    Stream.map(event => liveFrame(event.kind, JSON.stringify(event)))
  )
})

/** How far the history of an account is: counts, pace, the rest, and how many threads are complete. */
const progressOf = Effect.fnUntraced(function* (accountId: string) {
  const accounts = yield* Accounts
  const { coverage, sync } = yield* accounts.historyProgress(accountId)
  return JSON.stringify({ kind: PROGRESS, accountId, sync, coverage })
})

/** The progress of accounts whose history is being imported, whenever it has changed, and once more at the end. */
const progress = (only: string | undefined) => {
  const sent = new Map<string, string>()
  const changes = Effect.gen(function* () {
    const accounts = yield* Accounts
    const importing = (yield* accounts.importing).filter(
      accountId => only === undefined || accountId === only
    )
    const frames: Array<string> = []
    for (const accountId of new Set([...importing, ...sent.keys()])) {
      const data = yield* progressOf(accountId)
      if (sent.get(accountId) !== data) frames.push(liveFrame(PROGRESS, data))
      if (importing.includes(accountId)) sent.set(accountId, data)
      else sent.delete(accountId)
    }
    return frames.join('')
  })
  return Stream.fromEffectSchedule(changes, Schedule.spaced(PROGRESS_INTERVAL)).pipe(Stream.filter(isText))
}

const keepAlive = Stream.fromSchedule(Schedule.spaced(KEEP_ALIVE)).pipe(Stream.map(() => ': here\n\n'))

/** The text of the stream for one subscriber. After its first line it misses nothing. */
export const eventStream = (start: number, accountId: string | undefined, mayFollow: MayFollow) =>
  Stream.unwrap(
    Effect.map(live(accountId, mayFollow), happening =>
      Stream.concat(
        Stream.succeed(`retry: 1000\n\n`),
        logged(start, accountId, mayFollow).pipe(
          Stream.merge(mayFollow(PROGRESS) ? progress(accountId) : Stream.never),
          Stream.merge(happening),
          Stream.merge(keepAlive)
        )
      )
    )
  )
