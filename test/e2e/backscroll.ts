// Runs the command `backscroll` as a person does, and keeps what it prints.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { PassThrough } from 'node:stream'
import { Effect, Exit, Fiber } from 'effect'
import { SERVER_ENTRY, SOURCES } from '../../harness/server-process.ts'
import { commandIn } from '../../src/app/cli/command-line.ts'

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

/** A stream that keeps what is written into it. */
const kept = (): { readonly stream: PassThrough; readonly text: () => string } => {
  const parts: Array<Buffer> = []
  const stream = new PassThrough()
  stream.on('data', (part: Buffer) => parts.push(part))
  return { stream, text: () => Buffer.concat(parts).toString('utf8') }
}

/**
 * The same in the process of the test, which has the commands loaded: for what a process of its own adds nothing to. A terminal is one
 * that answers what is `input`.
 */
export class RunningHere {
  private readonly lines: AsyncIterator<string>
  private readonly fiber: Fiber.Fiber<number>
  private readonly stdout = kept()
  private readonly stderr = kept()
  private readonly stdin = new PassThrough()

  constructor(
    args: ReadonlyArray<string>,
    environment: Environment = {},
    { isTerminal = false }: { readonly isTerminal?: boolean } = {}
  ) {
    const lines = new PassThrough()
    this.stdout.stream.pipe(lines)
    this.lines = createInterface({ input: lines })[Symbol.asyncIterator]()
    const asTerminal = <S extends PassThrough>(stream: S) => Object.assign(stream, { isTTY: isTerminal })
    this.fiber = Effect.runFork(
      commandIn(
        {
          env: environment,
          stdin: asTerminal(this.stdin),
          stdout: this.stdout.stream,
          stderr: asTerminal(this.stderr.stream)
        },
        args
      )
    )
  }

  /** The next line, as JSON. */
  async next<A>(): Promise<A> {
    const { done, value } = await this.lines.next()
    if (done === true) throw new Error(`It has ended: ${this.stderr.text()}`)
    return JSON.parse(value) as A
  }

  write(text: string): void {
    this.stdin.end(text)
  }

  /** As Ctrl-C does. */
  interrupt(): void {
    this.fiber.interruptUnsafe()
  }

  async ended(): Promise<Ended> {
    const exit = await Effect.runPromise(Fiber.await(this.fiber))
    const code = Exit.isSuccess(exit) ? exit.value : 130
    this.stdout.stream.end()
    return { code, stdout: this.stdout.text(), stderr: this.stderr.text() }
  }
}

/** Runs a command to its end in the process of the test. */
export const backscrollHere = (
  args: ReadonlyArray<string>,
  environment: Environment = {},
  { input = '', isTerminal = false }: { readonly input?: string; readonly isTerminal?: boolean } = {}
): Promise<Ended> => {
  const running = new RunningHere(args, environment, { isTerminal })
  running.write(input)
  return running.ended()
}

/** Sets what a process has for as long as `run` takes, and sets it back. */
const withProcess = async <A>(environment: Environment, run: () => Promise<A>): Promise<A> => {
  const [before, folder, umask] = [{ ...process.env }, process.cwd(), process.umask()]
  const set = (variables: Readonly<Record<string, string | undefined>>): void => {
    for (const name of Object.keys(process.env)) delete process.env[name]
    Object.assign(process.env, variables)
  }
  set({ PATH: before['PATH'], HOME: before['HOME'], ...environment })
  // Away from the project's own .env file.
  process.chdir(tmpdir())
  try {
    return await run()
  } finally {
    process.umask(umask)
    process.chdir(folder)
    set(before)
  }
}

/** The same for a command that reads the settings of the server: they are those of this process meanwhile. */
export const backscrollOffline = (
  args: ReadonlyArray<string>,
  environment: Environment = {}
): Promise<Ended> => withProcess(environment, () => backscrollHere(args, environment))
