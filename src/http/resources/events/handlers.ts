// The event stream over HTTP: where a client starts, and when its connection ends.
import { Clock, Effect, Stream } from 'effect'
import { HttpServerResponse } from 'effect/http'
import { HttpApiBuilder } from 'effect/http-api'
import { parseThreadId } from '../../../domain/ids.ts'
import { EventTail } from '../../../services/events/tail.ts'
import { Stopping } from '../../../services/process/stopping.ts'
import { Api } from '../../api.ts'
import { Caller } from '../../auth/caller.ts'
import { findAccount, findThread } from '../../lookup.ts'
import { badField, orDatabaseUnavailable } from '../../problems.ts'
import { type EventStreamHeaders, type EventStreamQuery, LAST_EVENT_ID } from './contract.ts'
import { followedThreads } from './followed-threads.ts'
import { eventStream } from './stream.ts'
import type { Subscription, SubscriptionNeeds } from './subscription.ts'

/** The event after which the stream starts. A number above the newest comes from another log: whoever has it is told so. */
const startOf = Effect.fnUntraced(function* (asked: number | undefined) {
  const tail = yield* EventTail
  const newest = yield* orDatabaseUnavailable(tail.newest)
  const isBeyond = asked !== undefined && asked > newest
  return {
    after: isBeyond ? newest : (asked ?? newest),
    missed: isBeyond ? { after: asked, upTo: newest } : undefined
  }
})

/** A timer of Node's takes no longer wait. */
const LONGEST_WAIT_MS = 24 * 60 * 60 * 1000

const reached = (time: number): Effect.Effect<void> =>
  Effect.flatMap(Clock.currentTimeMillis, now =>
    now >= time
      ? Effect.void
      : Effect.andThen(
          Effect.sleep(Math.min(time - now, LONGEST_WAIT_MS)),
          Effect.suspend(() => reached(time))
        )
  )

/** Completes when the caller's credential expires or is revoked; the API key of the settings never is. */
export const credentialEnded = ({ ended = Effect.never, until }: Caller['Service']): Effect.Effect<void> =>
  until === undefined ? ended : Effect.race(ended, reached(until))

/** The threads of a subscription, by ids that lead to them. They are of the accounts that are named, where some are. */
const threadsOf = Effect.fnUntraced(function* (
  asked: ReadonlyArray<string>,
  accountIds: ReadonlyArray<string> | undefined
) {
  const isElsewhere = (threadId: string): boolean =>
    accountIds?.includes(parseThreadId(threadId)?.accountId ?? '') === false
  if (asked.some(isElsewhere))
    return yield* badField('query', 'threadId', 'Expected threads of the accounts that accountId names')
  const threads = yield* Effect.forEach(asked, findThread)
  return followedThreads(
    asked,
    threads.map(({ threadId }) => threadId)
  )
})

/** What the caller asks to be told. Fails when an account or a thread does not exist. */
export const subscriptionOf = Effect.fnUntraced(function* (
  { accountId, after, threadId, types }: EventStreamQuery,
  { [LAST_EVENT_ID]: lastEventId = after }: EventStreamHeaders
) {
  const { grant } = yield* Caller
  const accountIds = accountId?.split(',')
  for (const one of accountIds ?? []) yield* findAccount(one)
  const subscription: Subscription = {
    grant,
    ...(yield* startOf(lastEventId)),
    accountIds,
    types: types?.split(','),
    threads: threadId === undefined ? undefined : yield* threadsOf(threadId.split(','), accountIds)
  }
  return subscription
})

const stream = Effect.fnUntraced(function* (query: EventStreamQuery, headers: EventStreamHeaders) {
  const stopping = yield* Stopping
  const caller = yield* Caller
  const subscription = yield* subscriptionOf(query, headers)
  const services = yield* Effect.context<SubscriptionNeeds>()
  const body = eventStream(subscription).pipe(
    Stream.provideContext(services),
    // An open connection would delay the end of the server.
    Stream.interruptWhen(Effect.race(stopping.requested, credentialEnded(caller))),
    Stream.encodeText
  )
  return HttpServerResponse.stream(body, {
    contentType: 'text/event-stream',
    headers: { 'cache-control': 'no-store', 'x-accel-buffering': 'no' }
  })
})

export const eventsLayer = HttpApiBuilder.group(Api, 'events', handlers =>
  handlers.handleAll({
    stream: ({ headers, query }) => stream(query, headers)
  })
)
