// What takes longer than a second says so on standard error: one line that changes on a terminal, otherwise one line now and then.
import { Duration, Effect, Schedule } from 'effect'
import { type Output, Surroundings } from '../surroundings.ts'

const AFTER = Duration.seconds(1)
const EVERY = Duration.millis(200)
const EVERY_ELSEWHERE = Duration.seconds(10)
const FRAMES = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏']
const ERASE_LINE = '\r\u001B[2K'

const writing =
  (stream: Output) =>
  (text: string): Effect.Effect<void> =>
    Effect.sync(() => void stream.write(text))

const onTerminal = (stream: Output, now: () => string) => {
  const err = writing(stream)
  let turn = 0
  const draw = Effect.suspend(() => {
    turn += 1
    return err(`${ERASE_LINE}${FRAMES[turn % FRAMES.length] ?? ''} ${now()}`)
  })
  return Effect.repeat(draw, Schedule.spaced(EVERY)).pipe(Effect.ensuring(err(ERASE_LINE)))
}

const elsewhere = (stream: Output, now: () => string) =>
  Effect.repeat(
    Effect.suspend(() => writing(stream)(`${now()}\n`)),
    Schedule.spaced(EVERY_ELSEWHERE)
  )

/** Tells how far the work is while it lasts, from its first second on. `now` says it in a few words. */
export const withProgress = <A, E, R>(
  work: Effect.Effect<A, E, R>,
  now: string | (() => string)
): Effect.Effect<A, E, R> =>
  Effect.gen(function* () {
    const { stderr } = yield* Surroundings
    const words = typeof now === 'string' ? () => now : now
    const telling = stderr.isTTY === true ? onTerminal(stderr, words) : elsewhere(stderr, words)
    yield* Effect.forkScoped(Effect.andThen(Effect.sleep(AFTER), telling))
    return yield* work
  }).pipe(Effect.scoped)
