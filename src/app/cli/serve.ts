// Runs the server until it is told to stop.
import { Effect, Layer } from 'effect'
import { describeSettings } from '../../config.ts'
import { collectGarbageEarly } from '../../services/process/memory.ts'
import { watchStarter } from '../../services/process/starter.ts'
import * as Log from '../../services/telemetry/log.ts'
import * as Tracing from '../../services/telemetry/tracing.ts'
import * as Server from '../server.ts'
import { loadSettings, refuse, runCommand } from './terminal.ts'

const HELP = () =>
  `Backscroll: npm start [-- --new]\n\n  --new  Begin an empty database in a DATA_DIR that has keys or files, but no database any more.\n\nSettings are environment variables, or lines of a file named .env:\n\n${describeSettings()}\n`

export const serve = (args: ReadonlyArray<string>): void => {
  const [flag, ...more] = args
  if (flag === '--help' || flag === '-h') {
    process.stdout.write(HELP())
    process.exit(0)
  }
  const [unknown] = flag === '--new' ? more : args
  if (unknown !== undefined)
    refuse(`Unknown argument ${unknown}. Settings are environment variables: npm start -- --help lists them.`)
  const config = loadSettings(message => refuse(`Backscroll cannot start.\n${message}`))

  endAfterDeadline()
  watchStarter(process.env, () => process.kill(process.pid, 'SIGTERM'))
  collectGarbageEarly()
  const traces = Tracing.isWanted(process.env) ? Tracing.layer(process.env) : Layer.empty
  const telemetry = Layer.provideMerge(traces, Log.layer(config.LOG_LEVEL))
  runCommand(
    Layer.launch(Server.layer(config, { beginsEmpty: flag === '--new' })).pipe(Effect.provide(telemetry)),
    {
      explain: failure => `Backscroll stopped: ${reasonOf(failure)}`,
      // SIGTERM and SIGINT interrupt: everything was closed in order, which is success.
      interrupted: 0
    }
  )
}

/** Stopping takes a second; a service manager must not wait for something that hangs. */
const STOP_DEADLINE_MS = 10_000

const endAfterDeadline = (): void => {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => {
      setTimeout(
        () => refuse('Backscroll did not stop in order within 10 seconds; nothing acknowledged is lost.'),
        STOP_DEADLINE_MS
      ).unref()
    })
  }
}

/** The first message in a chain of causes; a server that cannot listen says why only in the last one. */
const reasonOf = (failure: unknown): string => {
  if (!(failure instanceof Error)) {
    // What Effect finds wrong with a variable is not an Error of JavaScript's.
    const message =
      typeof failure === 'object' && failure !== null && 'message' in failure ? failure.message : ''
    return typeof message === 'string' && message !== '' ? message : 'for an unknown reason'
  }
  const inner = failure.cause instanceof Error ? reasonOf(failure.cause) : undefined
  const words = failure.message || inner || failure.name
  return /EADDR|ENOTFOUND|listen/.test(inner ?? '') ? `${inner}. Choose another HOST or PORT.` : words
}
