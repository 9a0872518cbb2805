// Runs the server until it is told to stop.
import * as NodeRuntime from '@effect/platform-node/NodeRuntime'
import { Cause, Effect, Exit, Layer, Result } from 'effect'
import { collectGarbageEarly } from '../../services/process/memory.ts'
import { watchStarter } from '../../services/process/starter.ts'
import * as Log from '../../services/telemetry/log.ts'
import * as Tracing from '../../services/telemetry/tracing.ts'
import * as Server from '../server.ts'
import { readSettings } from './read-settings.ts'

export interface ServeOptions {
  /** Begin an empty database in a folder that has lost its own. */
  readonly beginsEmpty: boolean
}

export const serve = ({ beginsEmpty }: ServeOptions): void => {
  const settings = readSettings()
  if (Result.isFailure(settings)) return refuse(`Backscroll cannot start.\n${settings.failure}`)
  const config = settings.success

  endAfterDeadline()
  watchStarter(process.env, () => process.kill(process.pid, 'SIGTERM'))
  collectGarbageEarly()
  const traces = Tracing.isWanted(process.env) ? Tracing.layer(process.env) : Layer.empty
  const telemetry = Layer.provideMerge(traces, Log.layer(config.LOG_LEVEL))
  NodeRuntime.runMain(Layer.launch(Server.layer(config, { beginsEmpty })).pipe(Effect.provide(telemetry)), {
    disableErrorReporting: true,
    // SIGTERM and SIGINT interrupt: everything was closed in order, which is success.
    teardown: (exit, onExit) => {
      if (Exit.isSuccess(exit) || Cause.hasInterruptsOnly(exit.cause)) return onExit(0)
      process.stderr.write(`Backscroll stopped: ${reasonOf(Cause.squash(exit.cause))}\n`)
      onExit(1)
    }
  })
}

/** Ends the process with a text on standard error. */
const refuse = (text: string): never => {
  process.stderr.write(`${text.trimEnd()}\n`)
  process.exit(1)
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
export const reasonOf = (failure: unknown): string => {
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
