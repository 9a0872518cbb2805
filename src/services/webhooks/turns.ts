// Deliveries give way to what comes in: while messages arrive, they take turns, and a part of the time. What they are behind then, they
// make up for afterwards.
import { Context, Effect, Layer, Semaphore } from 'effect'
import { LiveTraffic } from '../journal/traffic.ts'

/** What a request takes of a processor, with what is written down of it: by itself, and for each MiB of it; milliseconds. */
const COST_MS = { request: 3, mebibyte: 10 }
const MEBIBYTE = 1024 * 1024
/** While messages arrive, the time between two requests, in times of what the first one takes. */
const REST = 9

export class Turns extends Context.Service<
  Turns,
  {
    /** Completes when a request of so many bytes may be made. */
    readonly take: (bytes: number) => Effect.Effect<void>
  }
>()('backscroll/services/webhooks/Turns') {
  static readonly layer: Layer.Layer<Turns, never, LiveTraffic> = Layer.effect(
    Turns,
    Effect.map(LiveTraffic, traffic => {
      const inOrder = Semaphore.makeUnsafe(1)
      let freeAt = 0
      const take = (bytes: number) =>
        Effect.gen(function* () {
          const rest = freeAt - performance.now()
          if (rest > 0) yield* Effect.timeoutOption(traffic.quiet('chunk'), rest)
          freeAt = performance.now() + REST * (COST_MS.request + (COST_MS.mebibyte * bytes) / MEBIBYTE)
        })
      return Turns.of({ take: bytes => inOrder.withPermit(take(bytes)) })
    })
  )
}
