// What cannot be taken back is done by whoever types its name once more.
import { createInterface } from 'node:readline'
import { Effect, Option } from 'effect'
import { type CommandFailed, misused } from './failure.ts'
import { Screen } from './screen/screen.ts'
import { Surroundings } from './surroundings.ts'

const asked = (question: string): Effect.Effect<string> =>
  Effect.flatMap(Surroundings, ({ stderr, stdin }) =>
    Effect.callback<string>(resume => {
      const terminal = createInterface({ input: stdin, output: stderr })
      // Ctrl-D is no answer, Ctrl-C ends the command. An answer comes before the end that follows it.
      terminal.once('close', () => resume(Effect.succeed('')))
      terminal.question(question, answer => {
        resume(Effect.succeed(answer))
        terminal.close()
      })
      terminal.once('SIGINT', () => resume(Effect.interrupt))
      return Effect.sync(() => terminal.close())
    })
  )

export interface Confirmation {
  /** What has to be typed. */
  readonly expected: string
  /** What happens then, as a sentence. */
  readonly warning: string
  /** What the flag `--confirm` says. */
  readonly given: Option.Option<string>
}

/** Succeeds when the flag says what is expected; on a terminal it is asked for where the flag is missing. */
export const confirmed = Effect.fnUntraced(function* ({ expected, given, warning }: Confirmation) {
  const { stderr, stdin } = yield* Surroundings
  const isAsked = Option.isNone(given) && stdin.isTTY === true && stderr.isTTY === true
  if (isAsked) yield* (yield* Screen).say(warning)
  const typed = isAsked
    ? yield* asked(`Type ${expected} to go on: `)
    : Option.getOrElse(given, () => undefined)
  if (typed?.trim() === expected) return
  const refusal: CommandFailed = misused(
    typed === undefined
      ? `${warning} Say --confirm ${expected} if that is meant`
      : `Nothing was done: that is not ${expected}`
  )
  return yield* refusal
})
