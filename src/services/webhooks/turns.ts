// Deliveries give way to what comes in: while messages arrive, they take turns, and a part of the time. What they are behind then, they
// make up for afterwards.
import { Context, Effect, Layer, Option, Semaphore } from 'effect'
import { LiveTraffic } from '../journal/traffic.ts'

/** What a request takes of a processor, with what is written down of it: by itself, and for each MiB of it; milliseconds. */
const COST_MS = { request: 3, mebibyte: 10 }
const MEBIBYTE = 1024 * 1024
/** While messages arrive, what this process does between two requests, in times of what the first one takes. */
const REST = 9
/** On a machine that is busy with other work, that may take so many times as long; then the next request is made all the same. */
const LONGEST_REST = 10

/** What this process has taken of a processor, milliseconds. On a busy machine it takes less than the time that passes. */
const processorMs = (): number => {
  const { system, user } = process.cpuUsage()
  return (system + user) / 1000
}

interface Rest {
  /** Over when the process has taken so much. */
  readonly processorMs: number
  /** At the latest. */
  readonly at: number
}

const restAfter = (bytes: number): Rest => {
  const cost = COST_MS.request + (COST_MS.mebibyte * bytes) / MEBIBYTE
  return {
    processorMs: processorMs() + (1 + REST) * cost,
    at: performance.now() + LONGEST_REST * REST * cost
  }
}

/** How much longer it lasts at least; 0 when it is over. */
const leftOf = (rest: Rest): number =>
  Math.max(0, Math.min(rest.processorMs - processorMs(), rest.at - performance.now()))

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
      let rest: Rest = { processorMs: 0, at: 0 }
      const rested = Effect.gen(function* () {
        while (true) {
          const left = leftOf(rest)
          if (left === 0) return
          const quiet = yield* Effect.timeoutOption(traffic.quiet('chunk'), Math.max(1, left))
          if (Option.isSome(quiet)) return
        }
      })
      const take = (bytes: number) =>
        Effect.andThen(
          rested,
          Effect.sync(() => (rest = restAfter(bytes)))
        )
      return Turns.of({ take: bytes => inOrder.withPermit(take(bytes)) })
    })
  )
}
