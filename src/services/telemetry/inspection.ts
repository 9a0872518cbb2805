// Who watches the actors live: viewers that come and go, each as far behind as it likes, none in the way of an actor.
// What an actor shows is decided by whoever offers the system; nothing here knows what an actor is.
import { Cause, Context, Effect, Latch, Layer, Schema, type Scope, Stream } from 'effect'

/** One message to a viewer: a Stately inspection event as JSON. */
export interface InspectionFrame {
  /** Whose actor it is about; `undefined` for what is above all accounts. */
  readonly accountId: string | undefined
  readonly text: string
}

/** What can be watched. */
export interface InspectedSystem {
  /** All that lives, as it is now; of one account only, with what is above all accounts. */
  readonly present: (accountId: string | undefined) => ReadonlyArray<InspectionFrame>
  /** Hears everything from now on, until the answered function is called. */
  readonly attach: (hear: (frame: InspectionFrame) => void) => () => void
}

/** The inspector is switched off. */
export class InspectorOff extends Schema.TaggedError<InspectorOff>()('InspectorOff', {}) {}

/** As many watch as can. */
export class TooManyViewers extends Schema.TaggedError<TooManyViewers>()('TooManyViewers', {
  most: Schema.Finite
}) {}

export class Inspection extends Context.Service<
  Inspection,
  {
    /** Offers what is to be watched, until the scope closes; made when somebody watches. */
    readonly offer: (system: Effect.Effect<InspectedSystem>) => Effect.Effect<void, never, Scope.Scope>
    readonly isOn: Effect.Effect<boolean>
    readonly viewers: Effect.Effect<number>
    /** Switching off sends all viewers away. */
    readonly turn: (on: boolean) => Effect.Effect<void>
    /** Completes when it is switched off. */
    readonly off: Effect.Effect<void>
    /**
     * The present, then what happens, in batches. A viewer that reads too slowly loses the oldest, is told how many, and
     * is shown the present again.
     */
    readonly watch: (
      accountId: string | undefined
    ) => Stream.Stream<ReadonlyArray<string>, InspectorOff | TooManyViewers>
  }
>()('backscroll/services/telemetry/Inspection') {
  static readonly layer = (options: { readonly on: boolean }): Layer.Layer<Inspection> =>
    Layer.sync(Inspection, () => {
      let system: InspectedSystem | undefined
      let offered: Effect.Effect<InspectedSystem> | undefined
      let isOn = options.on
      const off = Latch.makeUnsafe(!options.on)
      let detach: (() => void) | undefined
      const viewers = new Set<Viewer>()

      const present = (accountId: string | undefined) => () =>
        (system?.present(accountId) ?? []).map(({ text }) => text)

      /** Actors are listened to while somebody watches, and only then. */
      const listen = (): void => {
        if (viewers.size > 0) {
          detach ??= system?.attach(frame => {
            for (const viewer of viewers) viewer.hear(frame)
          })
        } else {
          detach?.()
          detach = undefined
        }
      }

      const join = Effect.fnUntraced(function* (accountId: string | undefined) {
        if (system === undefined && offered !== undefined) system = yield* offered
        if (!isOn) return yield* new InspectorOff()
        if (viewers.size >= MOST_VIEWERS) return yield* new TooManyViewers({ most: MOST_VIEWERS })
        const viewer = new Viewer(accountId, present(accountId))
        viewers.add(viewer)
        listen()
        return viewer
      })

      const leave = (viewer: Viewer) =>
        Effect.sync(() => {
          viewers.delete(viewer)
          listen()
        })

      return Inspection.of({
        offer: making =>
          Effect.acquireRelease(
            Effect.sync(() => {
              offered = making
            }),
            () =>
              Effect.sync(() => {
                offered = undefined
                system = undefined
                for (const viewer of viewers) viewer.end()
              })
          ),
        isOn: Effect.sync(() => isOn),
        off: off.await,
        viewers: Effect.sync(() => viewers.size),
        turn: on =>
          Effect.sync(() => {
            isOn = on
            if (on) off.closeUnsafe()
            else off.openUnsafe()
          }),
        watch: accountId =>
          Stream.unwrap(
            Effect.map(Effect.acquireRelease(join(accountId), leave), viewer =>
              // Pulled, so that nothing is taken from a viewer's queue before it is wanted.
              Stream.fromPull(
                Effect.succeed(
                  Effect.raceFirst(
                    Effect.map(viewer.next, batch => [batch] as const),
                    Effect.andThen(Effect.raceFirst(viewer.ended, off.await), Cause.done())
                  )
                )
              )
            )
          )
      })
    })
}

/** More than any team looks at one server. */
const MOST_VIEWERS = 20

/** Frames that wait for a viewer. */
export const MOST_WAITING = 2000

/** Whether who watches `wanted` (all accounts when there is none) sees what is about this account, or above all of them. */
export const concerns = (wanted: string | undefined, accountId: string | undefined): boolean =>
  wanted === undefined || accountId === undefined || accountId === wanted

/** Whoever draws knows now that what was not named is gone. */
const PRESENT_ENDS = JSON.stringify({ type: '@backscroll.present' })

class Viewer {
  private readonly accountId: string | undefined
  private readonly present: () => ReadonlyArray<string>
  private readonly news = Latch.makeUnsafe(true)
  private readonly over = Latch.makeUnsafe(false)
  private waiting: Array<string> = []
  private dropped = 0
  private isLost = true

  constructor(accountId: string | undefined, present: () => ReadonlyArray<string>) {
    this.accountId = accountId
    this.present = present
  }

  readonly ended = this.over.await

  end(): void {
    this.over.openUnsafe()
  }

  hear(frame: InspectionFrame): void {
    // Whoever has yet to be shown the present will see what this came to.
    if (this.isLost && this.dropped === 0) return
    if (!concerns(this.accountId, frame.accountId)) return
    this.waiting.push(frame.text)
    if (this.waiting.length > MOST_WAITING) {
      const lost = this.waiting.splice(0, MOST_WAITING / 2)
      this.dropped += lost.length
      this.isLost = true
    }
    this.news.openUnsafe()
  }

  /** What waits, as soon as there is something. */
  readonly next: Effect.Effect<ReadonlyArray<string>> = Effect.suspend(() =>
    Effect.map(this.news.await, () => {
      this.news.closeUnsafe()
      const { dropped, isLost, waiting } = this
      this.waiting = []
      this.dropped = 0
      this.isLost = false
      const told =
        dropped > 0 ? [JSON.stringify({ type: '@backscroll.dropped', count: dropped }), ...waiting] : waiting
      // Last, as it is newer than anything that waited.
      return isLost ? [...told, ...this.present(), PRESENT_ENDS] : told
    })
  )
}
