// Deliveries give way to what comes in: while messages arrive, they get a part of the time, in bursts, so that endpoints that are equally far
// share what is made for their requests. What they are behind then, they make up for afterwards.
import { setImmediate } from 'node:timers/promises'
import { Context, Effect, Layer, Option, Semaphore } from 'effect'
import { LiveTraffic } from '../journal/traffic.ts'

/** What is delivered in a turn. */
export interface Load {
  readonly requests: number
  readonly events: number
}

/** What that takes of a processor, with what is written down of it; milliseconds (`npm run bench -- webhooks` measures it). */
const COST_MS = { requests: 1.5, events: 0.012 }
/** While messages arrive, the part of what this thread does that is deliveries. */
const SHARE = 0.05
/** What may be spent at once, milliseconds of a processor. */
const BURST_MS = 60
/** On a machine that is busy with other work, the time that passes counts for a part of what the thread could have done. */
const LEAST_SPEED = 0.1
/** The shortest time between two looks at the budget, milliseconds. */
const LOOK_AGAIN_MS = 5

/** That of a whole process takes the longer to read the more threads it has. Node 22 has no other. */
const usage = (): NodeJS.CpuUsage =>
  Reflect.has(process, 'threadCpuUsage') ? process.threadCpuUsage() : process.cpuUsage()

/** What this thread has taken of a processor, milliseconds. On a busy machine it takes less than the time that passes. */
const processorMs = (): number => {
  const { system, user } = usage()
  return (system + user) / 1000
}

/** What may be spent: it grows with what the thread does. */
const makeBudget = () => {
  let [left, processor, time] = [BURST_MS, processorMs(), performance.now()]
  return {
    /** Milliseconds until something may be left; 0 when something is. */
    wait: (): number => {
      const [processorNow, timeNow] = [processorMs(), performance.now()]
      const done = Math.max(processorNow - processor, LEAST_SPEED * (timeNow - time))
      left = Math.min(BURST_MS, left + SHARE * done)
      ;[processor, time] = [processorNow, timeNow]
      return left > 0 ? 0 : Math.max(LOOK_AGAIN_MS, -left / SHARE)
    },
    /** Debts are bounded: while nothing comes in, more is delivered than this would allow. */
    spend: (cost: number): void => void (left = Math.max(left - cost, -BURST_MS))
  }
}

export class Turns extends Context.Service<
  Turns,
  {
    /** Completes when so much may be delivered. */
    readonly take: (load: Load) => Effect.Effect<void>
    /** More is delivered in the same turn: what follows waits longer. */
    readonly spend: (load: Load) => Effect.Effect<void>
  }
>()('backscroll/services/webhooks/Turns') {
  static readonly layer: Layer.Layer<Turns, never, LiveTraffic> = Layer.effect(
    Turns,
    Effect.map(LiveTraffic, traffic => {
      const inOrder = Semaphore.makeUnsafe(1)
      const budget = makeBudget()
      const spend = ({ events, requests }: Load) =>
        Effect.sync(() => budget.spend(COST_MS.requests * requests + COST_MS.events * events))
      const take = Effect.fnUntraced(function* (load: Load) {
        let [isQuiet, wait] = [false, budget.wait()]
        while (!isQuiet && wait > 0) {
          isQuiet = Option.isSome(yield* Effect.timeoutOption(traffic.quiet('chunk'), wait))
          wait = budget.wait()
        }
        yield* spend(load)
        // What has come in meanwhile is before the next turn.
        if (!isQuiet) yield* Effect.promise(() => setImmediate())
      })
      return Turns.of({ take: load => inOrder.withPermit(take(load)), spend })
    })
  )
}
