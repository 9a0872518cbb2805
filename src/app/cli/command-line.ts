// Reads the arguments, runs the command that they name, and ends the process as docs/command-line.md says.
import * as NodeRuntime from '@effect/platform-node/NodeRuntime'
import * as NodeServices from '@effect/platform-node/NodeServices'
import { Cause, Context, Effect, Exit, Layer } from 'effect'
import { CliConfig, CliError, CliOutput, Command, GlobalFlag } from 'effect/cli'
import { backscroll } from './commands.ts'
import { CommandFailed, EXIT, wordsOf } from './failure.ts'
import { Handover } from './handover.ts'
import { presenter } from './help.ts'
import { VERSION } from './version.ts'

const CONFIG = CliConfig.layer({ builtIns: [GlobalFlag.Help, GlobalFlag.Version] })

const say = (text: string): void => void process.stderr.write(`${text.trimEnd()}\n`)

/** What the process ends with; says why, unless it was said. */
const exitCodeOf = (exit: Exit.Exit<unknown, unknown>): number => {
  if (Exit.isSuccess(exit)) return 0
  if (Cause.hasInterruptsOnly(exit.cause)) return EXIT.interrupted
  const failure = Cause.squash(exit.cause)
  // What is wrong with the arguments was told with the help.
  if (CliError.isCliError(failure))
    return failure._tag === 'ShowHelp' && failure.errors.length === 0 ? 0 : EXIT.misused
  if (failure instanceof CommandFailed) {
    say(failure.message)
    return failure.exitCode
  }
  say(`It failed, and that was not foreseen: ${wordsOf(failure)}. Please report it, with what you did`)
  return EXIT.failed
}

/** A reader that has seen enough, such as `head`, ends the command. */
const endWithReader = (): void => {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') say(`The output cannot be written: ${error.message}`)
    process.exit(error.code === 'EPIPE' ? 0 : EXIT.failed)
  })
}

/** Runs a command to its end, or hands the process over to what it starts. */
export const runCommandLine = (args: ReadonlyArray<string>): void => {
  endWithReader()
  let next: (() => void) | undefined
  const services = Layer.mergeAll(
    NodeServices.layer,
    CONFIG,
    CliOutput.layerPresenter(presenter),
    Layer.succeedContext(Context.make(Handover, { to: work => Effect.sync(() => (next = work)) }))
  )
  const program = Command.runWith(backscroll, { version: VERSION })(args)
  NodeRuntime.runMain(Effect.provide(program, services), {
    disableErrorReporting: true,
    teardown: (exit, onExit) => {
      if (Exit.isSuccess(exit) && next !== undefined) next()
      else onExit(exitCodeOf(exit))
    }
  })
}
