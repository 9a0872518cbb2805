// What changes, as server-sent events, and what a person should know of.
import { Clock, Effect, Schedule, Stream } from 'effect'
import { HttpServerRequest, HttpServerResponse } from 'effect/http'
import { HttpApiBuilder } from 'effect/http-api'
import type { FeedEvent } from '../../../domain/feed.ts'
import { Accounts } from '../../../services/accounts.ts'
import { Coverage } from '../../../services/history/coverage/coverage.ts'
import { History } from '../../../services/history/chunks/worker.ts'
import { Incidents } from '../../../services/incidents/incidents.ts'
import { Stopping } from '../../../services/process/stopping.ts'
import { Store } from '../../../services/conversations/store.ts'
import { Api } from '../../api.ts'
import { Caller } from '../../auth/caller.ts'
import { findAccount } from '../../find.ts'
import { NotFound, StoreUnavailable } from '../../problems.ts'

const BATCH = 500
/** How often the store is looked at; a subscriber is never further behind than this and one batch. */
const LOOK_EVERY = '200 millis'
/** How far the history of an account is: its counts, its pace, what is left, and how many threads are complete. */
const PROGRESS = 'account.progress'
const PROGRESS_EVERY = '1 second'

/** A comment now and then, so that neither side takes a quiet connection for a dead one. */
const SIGN_OF_LIFE_MS = 15_000

const PAGE = 100

const frame = (event: FeedEvent): string =>
  `id: ${event.eventId}\nevent: ${event.kind}\ndata: ${JSON.stringify(event)}\n\n`

export const feedLayer = HttpApiBuilder.group(
  Api,
  'feed',
  Effect.fn(function* (handlers) {
    const store = yield* Store
    const incidents = yield* Incidents
    const accounts = yield* Accounts
    const stopping = yield* Stopping
    const history = yield* History
    const coverage = yield* Coverage

    const since = (start: number, accountId: string | undefined, over: Effect.Effect<void>) => {
      let after = start
      const batch = Effect.gen(function* () {
        const events = yield* store.events({ after, accountId, limit: BATCH })
        after = events.at(-1)?.eventId ?? after
        return events.map(frame).join('')
      })
      return Stream.fromEffectSchedule(batch, Schedule.spaced(LOOK_EVERY)).pipe(
        Stream.filter(text => text !== ''),
        Stream.merge(progress(accountId)),
        Stream.merge(happening(accountId)),
        Stream.merge(
          Stream.fromSchedule(Schedule.spaced(SIGN_OF_LIFE_MS)).pipe(Stream.map(() => ': here\n\n'))
        ),
        // Sent at once, so that a client knows it is connected.
        text => Stream.concat(Stream.succeed(`retry: 1000\n\n`), text),
        // An open connection would hold up the end of the server.
        Stream.interruptWhen(Effect.race(stopping.requested, over)),
        Stream.encodeText
      )
    }

    /** Changes of state and incidents as they happen: what was missed is told by the accounts and the list of incidents. */
    const happening = (only: string | undefined) =>
      Stream.merge(
        Stream.map(accounts.moves, move => ({ kind: 'account.state', ...move })),
        Stream.map(incidents.reported, report => ({ ...report, kind: 'incident', incident: report.kind }))
      ).pipe(
        Stream.filter(({ accountId }) => only === undefined || accountId === only),
        Stream.map(told => `event: ${told.kind}\ndata: ${JSON.stringify(told)}\n\n`)
      )

    /** Accounts whose history comes in tell how far they are, whenever that has changed; not to be resumed, so without id. */
    const progress = (only: string | undefined) => {
      const told = new Map<string, string>()
      const look = Effect.gen(function* () {
        const busy = (yield* history.busy).filter(accountId => only === undefined || accountId === only)
        const frames: Array<string> = []
        for (const accountId of new Set([...busy, ...told.keys()])) {
          const data = JSON.stringify({
            kind: PROGRESS,
            accountId,
            sync: yield* history.progress(accountId),
            coverage: yield* coverage.summary(accountId)
          })
          if (told.get(accountId) !== data) frames.push(`event: ${PROGRESS}\ndata: ${data}\n\n`)
          if (busy.includes(accountId)) told.set(accountId, data)
          else told.delete(accountId)
        }
        return frames.join('')
      })
      return Stream.fromEffectSchedule(look, Schedule.spaced(PROGRESS_EVERY)).pipe(
        Stream.filter(text => text !== '')
      )
    }

    /** Completes when the token of the caller ends; the API key never does. */
    const tokenExpired = Effect.flatMap(Caller, ({ until }) =>
      until === undefined
        ? Effect.never
        : Effect.flatMap(Clock.currentTimeMillis, now => Effect.sleep(Math.max(0, until - now)))
    )

    return handlers.handleAll({
      events: Effect.fn(function* ({ query, request }) {
        const header = HttpServerRequest.HttpServerRequest.of(request).headers['last-event-id'] ?? ''
        const { accountId, after } = query
        if (accountId !== undefined) yield* findAccount(accounts, accountId)
        const resumed = /^\d{1,15}$/.test(header) ? Number(header) : undefined
        const newest = yield* store.newestEvent.pipe(Effect.mapError(() => new StoreUnavailable({})))
        // A number that was not given out yet comes from another database: from now on, then.
        const start = Math.min(resumed ?? after ?? newest, newest)
        return HttpServerResponse.stream(
          since(start, query.accountId, Effect.provideService(tokenExpired, Caller, yield* Caller)),
          {
            contentType: 'text/event-stream',
            headers: { 'cache-control': 'no-store', 'x-accel-buffering': 'no' }
          }
        )
      }),
      incidents: ({ query }) =>
        incidents
          .list({
            accountId: query.accountId,
            acknowledged: query.acknowledged && query.acknowledged === 'true',
            limit: query.limit ?? PAGE
          })
          .pipe(
            Effect.map(found => ({ incidents: found })),
            Effect.mapError(() => new StoreUnavailable({}))
          ),
      acknowledge: Effect.fn(function* ({ params: { incidentId } }) {
        const found = yield* incidents
          .acknowledge(incidentId)
          .pipe(Effect.mapError(() => new StoreUnavailable({})))
        return found ?? (yield* new NotFound({ detail: `There is no incident ${incidentId}` }))
      })
    })
  })
)
