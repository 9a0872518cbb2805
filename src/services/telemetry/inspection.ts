// The inspector's hub: passes what the actors do to the viewers that watch, without slowing an actor down. What an actor
// shows is decided by the code that offers the system; nothing here knows what an actor is.
import { Cause, Context, Effect, Latch, Layer, Schema, type Scope, Stream } from 'effect'
import { type InspectionFrame, Viewer } from './inspection-viewer.ts'

/** What can be watched. */
export interface InspectedSystem {
  /** All actors as they are now; with an account, only its actors and those above all accounts. */
  readonly snapshot: (accountId: string | undefined) => ReadonlyArray<InspectionFrame>
  /** Calls back with every frame from now on, until the returned function is called. */
  readonly subscribe: (onFrame: (frame: InspectionFrame) => void) => () => void
}

/** The inspector is switched off. */
export class InspectorOff extends Schema.TaggedError<InspectorOff>()('InspectorOff', {}) {}

/** The limit of simultaneous viewers is reached. */
export class TooManyViewers extends Schema.TaggedError<TooManyViewers>()('TooManyViewers', {
  most: Schema.Finite
}) {}

/** More than any team has looking at one server. */
const MOST_VIEWERS = 20

export class Inspection extends Context.Service<
  Inspection,
  {
    /** Offers the system to be watched, until the scope closes. It is made when the first viewer comes. */
    readonly offer: (system: Effect.Effect<InspectedSystem>) => Effect.Effect<void, never, Scope.Scope>
    readonly isOn: Effect.Effect<boolean>
    readonly viewers: Effect.Effect<number>
    /** Switching off disconnects all viewers. */
    readonly turn: (on: boolean) => Effect.Effect<void>
    /** Completes when the inspector is switched off. */
    readonly off: Effect.Effect<void>
    /**
     * A snapshot, then what happens, in batches. A viewer that reads too slowly loses the oldest frames, receives their number,
     * and gets a new snapshot.
     */
    readonly watch: (
      accountId: string | undefined
    ) => Stream.Stream<ReadonlyArray<string>, InspectorOff | TooManyViewers>
  }
>()('backscroll/services/telemetry/Inspection') {
  static readonly layer = (options: { readonly on: boolean }): Layer.Layer<Inspection> =>
    Layer.sync(Inspection, () => makeInspection(options.on))
}

/** The state of the hub. */
interface Hub {
  offered: Effect.Effect<InspectedSystem> | undefined
  /** Made from `offered` for the first viewer. */
  system: InspectedSystem | undefined
  /** Ends the subscription to the actors; there is one while there are viewers. */
  unsubscribe: (() => void) | undefined
  isOn: boolean
  readonly off: Latch.Latch
  readonly viewers: Set<Viewer>
}

const makeInspection = (isOn: boolean): Inspection['Service'] => {
  const hub: Hub = {
    offered: undefined,
    system: undefined,
    unsubscribe: undefined,
    isOn,
    off: Latch.makeUnsafe(!isOn),
    viewers: new Set()
  }
  return Inspection.of({
    offer: system => offer(hub, system),
    isOn: Effect.sync(() => hub.isOn),
    off: hub.off.await,
    viewers: Effect.sync(() => hub.viewers.size),
    turn: on => Effect.sync(() => turn(hub, on)),
    watch: accountId => watch(hub, accountId)
  })
}

const offer = (hub: Hub, system: Effect.Effect<InspectedSystem>) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      hub.offered = system
    }),
    () =>
      Effect.sync(() => {
        hub.offered = undefined
        hub.system = undefined
        for (const viewer of hub.viewers) viewer.end()
      })
  )

const turn = (hub: Hub, on: boolean): void => {
  hub.isOn = on
  if (on) hub.off.closeUnsafe()
  else hub.off.openUnsafe()
}

const watch = (hub: Hub, accountId: string | undefined) =>
  Stream.unwrap(
    Effect.map(
      Effect.acquireRelease(join(hub, accountId), viewer => leave(hub, viewer)),
      viewer => framesOf(hub, viewer)
    )
  )

/** Pulled, so that nothing is taken from a viewer's queue before it is wanted. */
const framesOf = (hub: Hub, viewer: Viewer): Stream.Stream<ReadonlyArray<string>> =>
  Stream.fromPull(
    Effect.succeed(
      Effect.raceFirst(
        Effect.map(viewer.next, batch => [batch] as const),
        Effect.andThen(Effect.raceFirst(viewer.ended, hub.off.await), Cause.done())
      )
    )
  )

const join = Effect.fnUntraced(function* (hub: Hub, accountId: string | undefined) {
  if (hub.system === undefined && hub.offered !== undefined) hub.system = yield* hub.offered
  if (!hub.isOn) return yield* new InspectorOff()
  if (hub.viewers.size >= MOST_VIEWERS) return yield* new TooManyViewers({ most: MOST_VIEWERS })
  const viewer = new Viewer(accountId, () => (hub.system?.snapshot(accountId) ?? []).map(({ text }) => text))
  hub.viewers.add(viewer)
  updateSubscription(hub)
  return viewer
})

const leave = (hub: Hub, viewer: Viewer) =>
  Effect.sync(() => {
    hub.viewers.delete(viewer)
    updateSubscription(hub)
  })

/** Subscribes to the actors while there are viewers, and only then. */
const updateSubscription = (hub: Hub): void => {
  if (hub.viewers.size > 0) {
    hub.unsubscribe ??= hub.system?.subscribe(frame => {
      for (const viewer of hub.viewers) viewer.push(frame)
    })
  } else {
    hub.unsubscribe?.()
    hub.unsubscribe = undefined
  }
}
