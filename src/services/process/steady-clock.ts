// The time that this server uses: the wall clock, except that it never runs backwards. When the wall clock is set back, time
// continues from where it was until the wall clock has caught up. Otherwise a wait could become days, and times that were
// stored before would lie in the future.
import { Clock, type Duration, Effect, Layer } from 'effect'

export interface SteadyTime {
  /** Milliseconds since 1970; never less than before. */
  readonly now: () => number
  /** How far the wall clock is behind, in milliseconds. */
  readonly behind: () => number
}

/** A clock this much behind is being corrected gently: the time stands still until it has caught up. */
const GENTLY_MS = 1000

/** `wall` is what the machine says the time is, `elapsed` counts milliseconds and cannot be set. */
export const makeSteadyTime = (wall: () => number, elapsed: () => number): SteadyTime => {
  let last = wall()
  let trusted = { time: last, elapsed: elapsed() }
  const now = (): number => {
    const said = wall()
    if (said >= last - GENTLY_MS) {
      last = Math.max(last, said)
      trusted = { time: last, elapsed: elapsed() }
    } else {
      last = Math.max(last, Math.floor(trusted.time + elapsed() - trusted.elapsed))
    }
    return last
  }
  return { now, behind: () => Math.max(0, now() - wall()) }
}

/** The time of this process. */
export const steady = makeSteadyTime(Date.now, () => performance.now())

/** Effect's clock, going forward only. */
export const layer: Layer.Layer<never> = Layer.effect(
  Clock.Clock,
  Effect.map(Effect.service(Clock.Clock), clock => ({
    currentTimeMillisUnsafe: steady.now,
    currentTimeMillis: Effect.sync(steady.now),
    currentTimeNanosUnsafe: () => BigInt(steady.now()) * 1_000_000n,
    currentTimeNanos: Effect.sync(() => BigInt(steady.now()) * 1_000_000n),
    monotonicTimeNanosUnsafe: () => clock.monotonicTimeNanosUnsafe(),
    monotonicTimeNanos: clock.monotonicTimeNanos,
    sleep: (duration: Duration.Duration) => clock.sleep(duration)
  }))
)
