// What is told as it happens and kept nowhere.
import { Clock, Context, Effect, Layer, PubSub, type Scope, Stream } from 'effect'
import type { DataOf } from '../../domain/events/catalogue.ts'
import type { LiveKind } from '../../domain/feed.ts'

/** The progress of history is made for each subscriber, and what was missed, too. */
type ToldKind = Extract<LiveKind, 'presence.changed'>

export type LiveEvent = {
  readonly [Kind in ToldKind]: {
    readonly kind: Kind
    readonly data: DataOf<Kind>
    /** Milliseconds since 1970. */
    readonly at: number
  }
}[ToldKind]

/** Events that a slow subscriber may be behind. */
const MOST_UNREAD = 1000

export class LiveEvents extends Context.Service<
  LiveEvents,
  {
    readonly tell: <Kind extends ToldKind>(kind: Kind, data: DataOf<Kind>) => Effect.Effect<void>
    /** Everything that is told from the moment in which it is run. A subscriber that is too slow misses the oldest. */
    readonly told: Effect.Effect<Stream.Stream<LiveEvent>, never, Scope.Scope>
  }
>()('backscroll/services/events/LiveEvents') {
  static readonly layer: Layer.Layer<LiveEvents> = Layer.effect(
    LiveEvents,
    Effect.map(PubSub.sliding<LiveEvent>(MOST_UNREAD), events =>
      LiveEvents.of({
        tell: (kind, data) =>
          Effect.flatMap(Clock.currentTimeMillis, at => PubSub.publish(events, { kind, data, at })),
        told: Effect.map(PubSub.subscribe(events), Stream.fromSubscription)
      })
    )
  )
}
