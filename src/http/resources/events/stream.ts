// Server-sent events: what a subscriber is told, and a sign of life.
import { Effect, Schedule, Stream } from 'effect'
import type { CloudEvent } from '../../../domain/cloud-event.ts'
import { textOf } from '../../../services/feed/event-text.ts'
import { isResumable, subscribe, type Subscription } from './subscription.ts'

/** A comment now and then, so that neither side takes a quiet connection for a broken one. */
const KEEP_ALIVE = '15 seconds'
const keepAlive = Stream.fromSchedule(Schedule.spaced(KEEP_ALIVE)).pipe(Stream.map(() => ': here\n\n'))

/** What cannot be resumed has no id here. */
const frameOf = (event: CloudEvent): string => {
  const id = isResumable(event) ? `id: ${event.id}\n` : ''
  return `${id}event: ${event.type}\ndata: ${textOf(event)}\n\n`
}

/** With the place from which the stream begins: a connection that ends before its first event is resumed there. */
const opening = ({ after, missed }: Subscription): string =>
  missed === undefined ? `retry: 1000\nid: ${after}\n\n` : `retry: 1000\n\n`

export const eventStream = (subscription: Subscription) =>
  Stream.unwrap(
    Effect.map(subscribe(subscription), events =>
      Stream.concat(
        Stream.succeed(opening(subscription)),
        Stream.merge(
          Stream.map(events, batch => batch.map(frameOf).join('')),
          keepAlive
        )
      )
    )
  )
