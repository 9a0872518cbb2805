// Starts the product the way a person does, as a process with settings, and stops or kills it. For demo and tests.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Api } from './api.ts'

const ROOT = join(import.meta.dirname, '..')
const START_DEADLINE_MS = 60_000

/** The environment variable that names the file to start; without it the server starts from its sources. */
export const SERVER_ENTRY = 'BACKSCROLL_ENTRY'

/** In a package there is the bundle instead. */
export const SOURCES = import.meta.url.endsWith('.ts')
  ? join(ROOT, 'src', 'main.ts')
  : join(import.meta.dirname, 'main.js')

const entryFor = (settings: Readonly<Record<string, string>>): string =>
  settings[SERVER_ENTRY] ?? process.env[SERVER_ENTRY] ?? SOURCES

/** By these a server knows that npm runs it, and ends when whoever started it has ended: a test that is cut off leaves none behind. */
const ENDS_WITH_STARTER = { npm_lifecycle_event: 'test', npm_package_name: 'backscroll' }

/** Tests start hundreds of servers: what Node has compiled once need not be compiled again. */
const COMPILE_CACHE = join(tmpdir(), 'backscroll-compile-cache')

export interface ServerOptions {
  readonly dataDir: string
  /** Settings beside the ones the harness chooses: a free port, a key, quick reconnects. */
  readonly settings?: Readonly<Record<string, string>>
  readonly args?: ReadonlyArray<string>
  /** Where it starts, and looks for a file named .env. */
  readonly cwd?: string
}

/** All settings of a server of the harness. */
export const settingsOf = (options: ServerOptions): Record<string, string> => ({
  HOST: '127.0.0.1',
  PORT: '0',
  API_KEY: 'harness-key-0123456789',
  RECONNECT_MIN: '100ms',
  RECONNECT_MAX: '1s',
  SEND_PACE: '0ms',
  BACKFILL_DELAY: '300ms',
  DATA_DIR: options.dataDir,
  ...options.settings
})

/** The address of a server whose log has this line; `undefined` when the line says something else. */
export const listeningAt = (line: string): string | undefined => /"url":"(http:[^"]+)"/.exec(line)?.[1]

/** A running server, wherever it runs. */
export interface RunningServer {
  readonly api: Api
  readonly url: string
  readonly key: string
  readonly stop: () => Promise<unknown>
  /** The process in which it runs. */
  readonly pid: number
  /** Ends it in whatever way is quickest, also when it has ended already. */
  readonly dispose: () => Promise<void>
}

/** Starts one, as a process of its own or in this process. */
export type StartServer = (options: ServerOptions) => Promise<RunningServer>

/** A server that runs as a process of its own. */
export class ServerProcess implements RunningServer {
  readonly api: Api
  readonly url: string
  readonly key: string
  private readonly child: ChildProcess
  private readonly lines: Array<string>

  private constructor(child: ChildProcess, url: string, key: string, lines: Array<string>) {
    this.child = child
    this.url = url
    this.key = key
    this.lines = lines
    this.api = new Api(url, key)
  }

  /** Starts a server and resolves once it listens; rejects with its output when it does not. */
  static async start(options: ServerOptions): Promise<ServerProcess> {
    const settings = settingsOf(options)
    const child = launch(settings, options.args, options.cwd)
    const lines: Array<string> = []
    const url = await new Promise<string>((resolve, reject) => {
      const timer = setTimeout(
        () => reject(new Error(`The server did not listen:\n${lines.join('\n')}`)),
        START_DEADLINE_MS
      )
      child.once('exit', code =>
        reject(new Error(`The server ended with ${String(code)}:\n${lines.join('\n')}`))
      )
      collect(child, line => {
        lines.push(line)
        const found = listeningAt(line)
        if (found === undefined) return
        clearTimeout(timer)
        resolve(found)
      })
    })
    return new ServerProcess(child, url, settings['API_KEY'] ?? '', lines)
  }

  get pid(): number {
    return this.child.pid ?? 0
  }

  get hasEnded(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null
  }

  /** Completes when the process has ended, for any reason. */
  get ended(): Promise<void> {
    return this.hasEnded ? Promise.resolve() : once(this.child, 'exit').then(() => undefined)
  }

  /** Everything it has printed. */
  output(): string {
    return this.lines.join('\n')
  }

  /** Reads nothing that it prints until what is returned is called, as a log collector that hangs. */
  holdOutput(): () => void {
    this.child.stdout?.pause()
    return () => void this.child.stdout?.resume()
  }

  /** SIGTERM, as a service manager sends it; resolves with the exit code. */
  stop(): Promise<number | null> {
    return this.end('SIGTERM')
  }

  /** kill -9: no work is finished. */
  async kill(): Promise<void> {
    await this.end('SIGKILL')
  }

  dispose(): Promise<void> {
    return this.kill()
  }

  private async end(signal: NodeJS.Signals): Promise<number | null> {
    if (this.hasEnded) return this.child.exitCode
    // Behind its exit: what it has printed last is read by then.
    const closed = once(this.child, 'close')
    this.child.kill(signal)
    await closed
    return this.child.exitCode
  }
}

/** Runs the server until it exits, for starts that are expected to be refused. */
export const runToExit = async (
  settings: Readonly<Record<string, string>>,
  args: ReadonlyArray<string> = [],
  cwd?: string
): Promise<{ readonly code: number | null; readonly output: string }> => {
  const child = launch(settings, args, cwd)
  const lines: Array<string> = []
  collect(child, line => lines.push(line))
  const timer = setTimeout(() => child.kill('SIGKILL'), START_DEADLINE_MS)
  await once(child, 'close')
  clearTimeout(timer)
  return { code: child.exitCode, output: lines.join('\n') }
}

/** Copies a stopped server's store; resolves when the process has ended. `onLine` may end it before. */
export const migrateStore = async (
  settings: Readonly<Record<string, string>>,
  direction: { readonly from: string; readonly to: string },
  onLine: (line: string, kill: () => void) => void = () => undefined
): Promise<{ readonly code: number | null; readonly output: ReadonlyArray<string> }> => {
  const child = launch(settings, ['migrate-store', '--json', '--from', direction.from, '--to', direction.to])
  const lines: Array<string> = []
  collect(child, line => {
    lines.push(line)
    onLine(line, () => child.kill('SIGKILL'))
  })
  await once(child, 'close')
  return { code: child.exitCode, output: lines }
}

const launch = (
  settings: Readonly<Record<string, string>>,
  args: ReadonlyArray<string> = [],
  cwd = tmpdir()
): ChildProcess =>
  spawn(process.execPath, [entryFor(settings), ...args], {
    // Away from the project's own .env file; only what is given here counts.
    cwd,
    env: {
      PATH: process.env['PATH'] ?? '',
      HOME: process.env['HOME'] ?? '',
      NODE_COMPILE_CACHE: COMPILE_CACHE,
      ...ENDS_WITH_STARTER,
      ...settings
    },
    stdio: ['ignore', 'pipe', 'pipe']
  })

const collect = (child: ChildProcess, onLine: (line: string) => void): void => {
  for (const stream of [child.stdout, child.stderr]) {
    let rest = ''
    stream?.setEncoding('utf8').on('data', (text: string) => {
      const lines = (rest + text).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) onLine(line)
    })
    stream?.on('end', () => rest !== '' && onLine(rest))
  }
}

/** A folder of its own under the system's temporary folder, and how to remove it. */
export const temporaryFolder = (): { readonly path: string; readonly remove: () => void } => {
  const path = mkdtempSync(join(tmpdir(), 'backscroll-'))
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) }
}
