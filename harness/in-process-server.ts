// Starts the product inside this process, for tests that never kill it: the same composition on a port of its own, without the
// processor time that another process needs to load the libraries and to make their code fast.
import { Cause, Effect, Exit, Fiber, Layer, Metric, Result } from 'effect'
import { readFileSync } from 'node:fs'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { reasonOf } from '../src/app/cli/serve.ts'
import * as Server from '../src/app/server.ts'
import { loadConfig } from '../src/config.ts'
import * as Log from '../src/services/telemetry/log.ts'
import * as Tracing from '../src/services/telemetry/tracing.ts'
import { Api } from './api.ts'
import { listeningAt, type RunningServer, type ServerOptions, settingsOf } from './server-process.ts'

const CONSOLE = ['log', 'info', 'warn', 'error', 'debug', 'trace', 'dir', 'table'] as const

/** Remembers what a server changes for the whole process; the returned function changes it back. */
const rememberProcess = (): (() => void) => {
  const folder = process.env['TMPDIR']
  const umask = process.umask()
  const authorities = getCACertificates('default')
  // oxlint-disable-next-line no-console
  const methods = CONSOLE.map(name => [name, console[name]] as const)
  return () => {
    isRunning = false
    if (folder === undefined) delete process.env['TMPDIR']
    else process.env['TMPDIR'] = folder
    process.umask(umask)
    setDefaultCACertificates(authorities)
    // oxlint-disable-next-line no-console
    for (const [name, method] of methods) console[name] = method
  }
}

/** What Node does with the variable when a process starts. */
const trust = (authorityFile: string | undefined): void => {
  if (authorityFile === undefined || authorityFile === '') return
  setDefaultCACertificates([...getCACertificates('default'), readFileSync(authorityFile, 'utf8')])
}

/** As a server that is a process says it. */
const whyOf = (exit: Exit.Exit<unknown, unknown>): string =>
  Exit.isFailure(exit) ? reasonOf(Cause.squash(exit.cause)) : 'without a reason'

/** Baileys trusts one WhatsApp for the whole process: there can be one server at a time. */
let isRunning = false

/** A server that runs in this process. */
export class InProcessServer implements RunningServer {
  readonly api: Api
  readonly url: string
  readonly key: string
  readonly pid = process.pid
  private readonly fiber: Fiber.Fiber<unknown, unknown>
  private readonly lines: ReadonlyArray<string>
  private readonly restoreProcess: () => void
  private ending: Promise<void> | undefined

  private constructor(
    address: { readonly url: string; readonly key: string },
    fiber: Fiber.Fiber<unknown, unknown>,
    lines: ReadonlyArray<string>,
    restoreProcess: () => void
  ) {
    this.url = address.url
    this.key = address.key
    this.api = new Api(address.url, address.key)
    this.fiber = fiber
    this.lines = lines
    this.restoreProcess = restoreProcess
  }

  /** Starts a server and resolves once it listens; rejects with the reason when it ends before. Of the arguments, it knows `--new`. */
  static async start(options: ServerOptions): Promise<InProcessServer> {
    if (isRunning) throw new Error('Another server runs in this process')
    const settings = settingsOf(options)
    const config = Result.getOrThrow(loadConfig(settings))
    isRunning = true
    const restoreProcess = rememberProcess()
    trust(settings['NODE_EXTRA_CA_CERTS'])
    const lines: Array<string> = []
    const { promise, resolve, reject } = Promise.withResolvers<string>()
    const write = (line: string): void => {
      lines.push(line.trimEnd())
      const url = listeningAt(line)
      if (url !== undefined) resolve(url)
    }
    const log = Log.layer(config.LOG_LEVEL, Effect.succeed({ write }))
    const traces = Tracing.isWanted(settings) ? Tracing.layer(settings) : Layer.empty
    const beginsEmpty = options.args?.includes('--new') ?? false
    const fiber = Effect.runFork(
      Layer.launch(Server.layer(config, { beginsEmpty })).pipe(
        Effect.provide(Layer.provideMerge(traces, log)),
        // Its counters begin at zero, as those of a process do.
        Effect.provideService(Metric.MetricRegistry, new Map())
      )
    )
    fiber.addObserver(exit => reject(new Error(`Backscroll stopped: ${whyOf(exit)}`)))
    try {
      const url = await promise
      return new InProcessServer({ url, key: settings['API_KEY'] ?? '' }, fiber, lines, restoreProcess)
    } catch (error) {
      restoreProcess()
      throw error
    }
  }

  /** Everything it has logged. */
  output(): string {
    return this.lines.join('\n')
  }

  /** Ends it as SIGTERM does: everything is closed in order. A second time it does nothing. */
  stop(): Promise<void> {
    return (this.ending ??= this.end())
  }

  private async end(): Promise<void> {
    await Effect.runPromise(Fiber.interrupt(this.fiber))
    this.restoreProcess()
  }

  dispose(): Promise<void> {
    return this.stop()
  }
}
