// Reads the arguments, runs the command that they name, and ends the process as docs/command-line.md says.
import * as NodeRuntime from '@effect/platform-node/NodeRuntime'
import * as NodeServices from '@effect/platform-node/NodeServices'
import { Cause, Context, Effect, Exit, Layer } from 'effect'
import { CliConfig, CliError, CliOutput, Command, GlobalFlag } from 'effect/cli'
import { backscroll } from './commands.ts'
import { CommandFailed, EXIT, wordsOf } from './failure.ts'
import { Handover } from './handover.ts'
import { presenter } from './help.ts'
import { type Output, Surroundings } from './surroundings.ts'
import { VERSION } from './version.ts'

const CONFIG = CliConfig.layer({ builtIns: [GlobalFlag.Help, GlobalFlag.Version] })

const say = (stderr: Output, text: string): void => void stderr.write(`${text.trimEnd()}\n`)

/** What the process ends with; says why, unless it was said. */
const exitCodeOf = (exit: Exit.Exit<unknown, unknown>, stderr: Output): number => {
  if (Exit.isSuccess(exit)) return 0
  if (Cause.hasInterruptsOnly(exit.cause)) return EXIT.interrupted
  const failure = Cause.squash(exit.cause)
  // What is wrong with the arguments was told with the help.
  if (CliError.isCliError(failure))
    return failure._tag === 'ShowHelp' && failure.errors.length === 0 ? 0 : EXIT.misused
  if (failure instanceof CommandFailed) {
    say(stderr, failure.message)
    return failure.exitCode
  }
  say(
    stderr,
    `It failed, and that was not foreseen: ${wordsOf(failure)}. Please report it, with what you did`
  )
  return EXIT.failed
}

/** Many programs take `help` as a command. */
const withHelp = (args: ReadonlyArray<string>): ReadonlyArray<string> =>
  args[0] === 'help' ? [...args.slice(1), '--help'] : args

/** The command that the arguments name. `handOver` gets what runs on once it is over. */
const commandFor = (args: ReadonlyArray<string>, handOver: (work: () => void) => void) =>
  Effect.provide(
    Command.runWith(backscroll, { version: VERSION })(withHelp(args)),
    Layer.mergeAll(
      NodeServices.layer,
      CONFIG,
      CliOutput.layerPresenter(presenter),
      Layer.succeedContext(
        Context.make(Handover, {
          to: work =>
            Effect.sync(() => {
              handOver(work)
            })
        })
      )
    )
  )

/** Runs a command in these surroundings, and answers the exit code. For commands that hand the process to nothing. */
export const commandIn = (surroundings: Surroundings, args: ReadonlyArray<string>): Effect.Effect<number> =>
  commandFor(args, () => undefined).pipe(
    Effect.provideService(Surroundings, surroundings),
    Effect.exit,
    Effect.map(exit => exitCodeOf(exit, surroundings.stderr))
  )

/** A reader that has seen enough, such as `head`, ends the command. */
const endWithReader = (): void => {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') say(process.stderr, `The output cannot be written: ${error.message}`)
    process.exit(error.code === 'EPIPE' ? 0 : EXIT.failed)
  })
}

/** Runs a command to its end, or hands the process over to what it starts. */
export const runCommandLine = (args: ReadonlyArray<string>): void => {
  endWithReader()
  let next: (() => void) | undefined
  const command = commandFor(args, work => {
    next = work
  })
  NodeRuntime.runMain(command, {
    disableErrorReporting: true,
    teardown: (exit, onExit) => {
      if (Exit.isSuccess(exit) && next !== undefined) next()
      else onExit(exitCodeOf(exit, process.stderr))
    }
  })
}
