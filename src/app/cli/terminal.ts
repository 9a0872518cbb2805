// What all commands do on the terminal: read arguments and settings, run, and say why they failed.
import { parseArgs, type ParseArgsConfig } from 'node:util'
import * as NodeRuntime from '@effect/platform-node/NodeRuntime'
import { Cause, type Effect, Exit, Result } from 'effect'
import { type Config, loadConfig, misspeltSettings, readEnvFile, settingNames } from '../../config.ts'

/** Ends the process with a text on standard error. Exit code 1: it failed; 2: it was called wrongly. */
export const refuse = (text: string, code: 1 | 2 = 1): never => {
  process.stderr.write(`${text.trimEnd()}\n`)
  process.exit(code)
}

/** `--help` of any command prints its usage and ends the process. */
const showHelp = (args: ReadonlyArray<string>, usage: string): void => {
  if (!args.includes('--help') && !args.includes('-h')) return
  process.stdout.write(usage)
  process.exit(0)
}

/** The options of a command; ends the process with its usage when they are not understood, or it is asked for. */
export const parseOptions = <const Options extends NonNullable<ParseArgsConfig['options']>>(
  args: ReadonlyArray<string>,
  options: Options,
  usage: string
) => {
  showHelp(args, usage)
  try {
    return parseArgs({ args: [...args], options }).values
  } catch (error) {
    return refuse(`${error instanceof Error ? error.message : String(error)}\n\n${usage}`, 2)
  }
}

/** The same for a command that is given paths, too. */
export const parseArguments = <const Options extends NonNullable<ParseArgsConfig['options']>>(
  args: ReadonlyArray<string>,
  options: Options,
  usage: string
) => {
  showHelp(args, usage)
  try {
    const { positionals, values } = parseArgs({ args: [...args], options, allowPositionals: true })
    return { paths: positionals, values }
  } catch (error) {
    return refuse(`${error instanceof Error ? error.message : String(error)}\n\n${usage}`, 2)
  }
}

/** The settings from the environment and a file named .env; ends the process when they are not usable. */
export const loadSettings = (onError: (message: string) => never): Config => {
  const file = readEnvFile('.env')
  if (Result.isFailure(file)) return onError(file.failure.message)
  const names = { file: Object.keys(file.success), environment: Object.keys(process.env) }
  for (const { isInFile, meant, name } of misspeltSettings(names, settingNames))
    process.stderr.write(
      `${name}${isInFile ? ' in .env' : ''} is no setting and is ignored. Did you mean ${meant}?\n`
    )
  // What is set in the environment wins.
  return Result.getOrElse(
    loadConfig(Object.assign(process.env, { ...file.success, ...process.env })),
    error => onError(error.message)
  )
}

/**
 * Runs a command to its end. `explain` says on standard error why it failed; the exit code is then 1. A signal ends with
 * `interrupted`: 0 where being stopped is the usual end, 1 where something is left undone.
 */
export const runCommand = <A, E>(
  program: Effect.Effect<A, E>,
  options: { readonly explain: (failure: unknown) => string; readonly interrupted: 0 | 1 }
): void =>
  NodeRuntime.runMain(program, {
    disableErrorReporting: true,
    teardown: (exit, onExit) => {
      if (Exit.isSuccess(exit)) return onExit(Number(process.exitCode ?? 0))
      if (Cause.hasInterruptsOnly(exit.cause) && options.interrupted === 0) return onExit(0)
      process.stderr.write(`${options.explain(Cause.squash(exit.cause))}\n`)
      onExit(1)
    }
  })
