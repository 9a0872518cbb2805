// The time that this server uses: the wall clock of the machine, unless that is wrong. WhatsApp's own time, where it is known, says
// whether it is. Without it the time never runs backwards: otherwise a wait could become days, and times that were stored before
// would lie in the future.
import { Clock, Context, type Duration, Effect, Layer } from 'effect'
import { makeTimeSamples } from './time-samples.ts'

export interface HeldTime {
  readonly notBefore: number
  readonly wall: number
}

export interface SteadyTime {
  /** Milliseconds since 1970. */
  readonly now: () => number
  /** What the machine says the time is, milliseconds since 1970. */
  readonly wall: () => number
  /** How far the machine's clock was set back, as far as nobody knows better; milliseconds. */
  readonly behind: () => number
  /** WhatsApp says that it is this time now, milliseconds since 1970. */
  readonly told: (time: number) => void
  /** Notes that WhatsApp is asked for the time; the function takes its answer, which is believed right after a jump, too. */
  readonly asked: () => (time: number) => void
  /** Calls the listener when the time is doubted, and WhatsApp should be asked for it; the function it returns ends that. */
  readonly onDoubt: (listener: () => void) => () => void
  /** How far the machine's clock is ahead of WhatsApp's, milliseconds; `undefined` while it is not known. */
  readonly offset: () => number | undefined
  /** Nothing is dated before this time until WhatsApp says what the time is. */
  readonly notBefore: (time: number) => void
  /** What the time was held to by `notBefore`, and what the machine said then. */
  readonly held: () => HeldTime | undefined
  /** Calls the listener after each jump of the time; the function it returns ends that. */
  readonly onJump: (listener: () => void) => () => void
}

/** A clock this much behind is being corrected gently: the time stands still until it has caught up. */
const GENTLY_MS = 1000
/** A clock that differs more than this from WhatsApp's is not used. WhatsApp tells whole seconds, and its stanzas take a while. */
export const USABLE_MS = 5000
/** After a jump of the wall clock, what WhatsApp has said before may still wait in the machine. */
const SETTLED_AFTER_MS = 5000
/** How many are told of a doubt: one of them will get an answer. */
const MOST_ASKED = 3
/** For how long a jump of the wall clock forwards is not followed: by then WhatsApp has said the time, or cannot be reached. */
const DOUBTED_FOR_MS = 120_000

/** `wall` is what the machine says the time is, `elapsed` counts milliseconds and cannot be set. */
export const makeSteadyTime = (wall: () => number, elapsed: () => number): SteadyTime => {
  const samples = makeTimeSamples()
  const listeners = new Set<() => void>()
  const doubting = new Set<() => void>()
  let last = wall()
  /** A time that is taken to be right: others follow from it by what has elapsed. */
  let anchor = { time: last, elapsed: elapsed() }
  let seen = { wall: last, elapsed: anchor.elapsed }
  /** Whether the time follows from the anchor alone, as the wall clock is wrong. */
  let isWallWrong = false
  /** When the wall clock jumped last, in elapsed milliseconds. */
  let jumpedAt = -Infinity
  /** Until when the wall clock is doubted, in elapsed milliseconds. */
  let doubtedUntil = Infinity
  let held: HeldTime | undefined

  const jumped = (): void => {
    for (const listener of listeners) listener()
  }
  const expectedAt = (passed: number): number => anchor.time + passed - anchor.elapsed

  const isRight = (said: number, passed: number): boolean => Math.abs(said - expectedAt(passed)) <= GENTLY_MS

  /** Notices that the wall clock was set, or that the machine slept: then nothing has elapsed. */
  const noticeJump = (said: number, passed: number): void => {
    const jump = said - seen.wall - (passed - seen.elapsed)
    seen = { wall: said, elapsed: passed }
    if (Math.abs(jump) < GENTLY_MS) return
    jumpedAt = passed
    if (jump > USABLE_MS && samples.isKnown() && !isWallWrong) {
      isWallWrong = true
      doubtedUntil = passed + DOUBTED_FOR_MS
      // Not within a question for the time.
      queueMicrotask(() => [...doubting].slice(0, MOST_ASKED).forEach(listener => listener()))
    }
    // A machine that may have slept: what was said before counts from a time that has not elapsed.
    if (jump > 0 && !isRight(said, passed)) samples.clear()
  }

  /** The time by the anchor, for as long as the wall clock is wrong. */
  const withoutWall = (said: number, passed: number): number => {
    const expected = expectedAt(passed)
    const isRightAgain = isRight(said, passed)
    const isFollowed = passed > doubtedUntil && said > expected
    if (isRightAgain || isFollowed) {
      isWallWrong = false
      doubtedUntil = Infinity
      anchor = { time: Math.max(last, said), elapsed: passed }
      if (isFollowed) jumped()
      return anchor.time
    }
    return Math.floor(expected)
  }

  const now = (): number => {
    const [said, passed] = [wall(), elapsed()]
    const before = seen
    noticeJump(said, passed)
    if (isWallWrong) last = Math.max(last, withoutWall(said, passed))
    else if (said >= last - GENTLY_MS) {
      const hasJumped = said - last > passed - before.elapsed + USABLE_MS
      last = Math.max(last, said)
      anchor = { time: last, elapsed: passed }
      if (hasJumped) jumped()
    } else {
      last = Math.max(last, Math.floor(expectedAt(passed)))
    }
    return last
  }

  const setTo = (time: number, passed: number): void => {
    last = Math.floor(time)
    anchor = { time: last, elapsed: passed }
    jumped()
  }

  const learn = (time: number, saidAfter: number): void => {
    const [before, passed] = [now(), elapsed()]
    if (saidAfter < jumpedAt) return
    samples.add(time - passed)
    const best = samples.best(wall() - passed)
    if (best === undefined) return
    const actual = best + passed
    doubtedUntil = Infinity
    isWallWrong = Math.abs(wall() - actual) > USABLE_MS
    const used = isWallWrong ? actual : wall()
    if (Math.abs(used - before) > USABLE_MS) setTo(used, passed)
    else anchor = { time: before, elapsed: passed }
  }

  return {
    now,
    wall,
    behind: () => {
      const time = now()
      return isWallWrong ? 0 : Math.max(0, time - wall())
    },
    told: time => learn(time, elapsed() - SETTLED_AFTER_MS),
    asked: () => {
      now()
      const askedAt = elapsed()
      return time => learn(time, askedAt)
    },
    onDoubt: listener => {
      doubting.add(listener)
      return () => void doubting.delete(listener)
    },
    offset: () => {
      const time = now()
      if (doubtedUntil !== Infinity) return undefined
      if (isWallWrong) return wall() - time
      const passed = elapsed()
      const best = samples.best(wall() - passed)
      return best === undefined ? undefined : wall() - passed - best
    },
    notBefore: time => {
      if (now() >= time) return
      held = { notBefore: time, wall: wall() }
      setTo(time, elapsed())
    },
    held: () => held,
    onJump: listener => {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    }
  }
}

/** The time of this server. */
export class ServerTime extends Context.Service<ServerTime, SteadyTime>()(
  'backscroll/services/process/ServerTime'
) {}

const elapsedNanos = (): bigint => BigInt(Math.round(performance.now() * 1e6))

/** Effect's clock by another time, in milliseconds since 1970. */
const clockBy = (now: () => number, clock: Clock.Clock): Clock.Clock => ({
  currentTimeMillisUnsafe: now,
  currentTimeMillis: Effect.sync(now),
  currentTimeNanosUnsafe: () => BigInt(now()) * 1_000_000n,
  currentTimeNanos: Effect.sync(() => BigInt(now()) * 1_000_000n),
  monotonicTimeNanosUnsafe: elapsedNanos,
  monotonicTimeNanos: Effect.sync(elapsedNanos),
  sleep: (duration: Duration.Duration) => clock.sleep(duration)
})

/** Effect's clock, and what corrects it. */
export const layer: Layer.Layer<ServerTime> = Layer.effectContext(
  Effect.gen(function* () {
    const time = makeSteadyTime(Date.now, () => performance.now())
    const clock = clockBy(time.now, yield* Effect.service(Clock.Clock))
    return Context.make(ServerTime, time).pipe(Context.add(Clock.Clock, clock))
  })
)

/** Effect's clock in another thread, which is told now and then what time the server has: milliseconds since 1970. */
export const makeFollowingClock = () => {
  let from = Date.now() - performance.now()
  const now = (): number => Math.floor(from + performance.now())
  return {
    set: (time: number): void => {
      from = time - performance.now()
    },
    layer: Layer.effectContext(
      Effect.map(Effect.service(Clock.Clock), clock => Context.make(Clock.Clock, clockBy(now, clock)))
    )
  }
}

/** Milliseconds that have elapsed since some moment: for waits within this process, however the time is corrected. */
export const elapsedMillis: Effect.Effect<number> = Effect.map(Clock.monotonicTimeNanos, nanos =>
  Number(nanos / 1_000_000n)
)
