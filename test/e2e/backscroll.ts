// Runs the command `backscroll` as a person does, and keeps what it prints.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { SERVER_ENTRY, SOURCES } from '../../harness/server-process.ts'

type Environment = Readonly<Record<string, string>>

export interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Beside the entry of the server: in the bundle a file, in the sources the entry that the bundle is made of. */
const entry = (): string => {
  const folder = dirname(process.env[SERVER_ENTRY] ?? SOURCES)
  const bundled = join(folder, 'backscroll.js')
  return existsSync(bundled) ? bundled : join(folder, 'backscroll.cjs')
}

const begin = (args: ReadonlyArray<string>, environment: Environment, cwd = tmpdir()): ChildProcess =>
  spawn(process.execPath, [entry(), ...args], {
    cwd,
    env: {
      PATH: process.env['PATH'] ?? '',
      HOME: process.env['HOME'] ?? '',
      NODE_COMPILE_CACHE: join(tmpdir(), 'backscroll-compile-cache'),
      ...environment
    },
    stdio: ['pipe', 'pipe', 'pipe']
  })

/** A command that goes on; its lines come one by one. */
export class Running {
  readonly lines: AsyncIterator<string>
  private readonly child: ChildProcess
  private readonly output: { stdout: string; stderr: string }
  private readonly closed: Promise<unknown>

  constructor(args: ReadonlyArray<string>, environment: Environment = {}, cwd?: string) {
    const child = begin(args, environment, cwd)
    const output = { stdout: '', stderr: '' }
    for (const name of ['stdout', 'stderr'] as const)
      child[name]!.setEncoding('utf8').on('data', (text: string) => (output[name] += text))
    this.lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]()
    this.closed = once(child, 'close')
    this.child = child
    this.output = output
  }

  /** The next line, as JSON. */
  async next<A>(): Promise<A> {
    const { done, value } = await this.lines.next()
    if (done === true) throw new Error(`It has ended: ${this.output.stderr}`)
    return JSON.parse(value) as A
  }

  signal(name: NodeJS.Signals): void {
    this.child.kill(name)
  }

  write(text: string): void {
    this.child.stdin!.end(text)
  }

  async ended(): Promise<Ended> {
    await this.closed
    return { code: this.child.exitCode, ...this.output }
  }
}

/** Runs a command to its end. */
export const backscroll = (
  args: ReadonlyArray<string>,
  environment: Environment = {},
  { cwd, input = '' }: { readonly cwd?: string; readonly input?: string } = {}
): Promise<Ended> => {
  const running = new Running(args, environment, cwd)
  running.write(input)
  return running.ended()
}

/** The results of a command with --json. */
export const resultsOf = <A>({ stdout }: Ended): ReadonlyArray<A> =>
  stdout
    .split('\n')
    .filter(line => line !== '')
    .map(line => JSON.parse(line) as A)
