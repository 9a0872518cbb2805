// What most product tests start from: a simulated WhatsApp, a phone on it, the server, one account. The server is a process of
// its own; for tests that never kill it, it runs in the process of the test, which takes less processor time.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { InProcessServer } from '../../harness/in-process-server.ts'
import {
  type RunningServer,
  type ServerOptions,
  ServerProcess,
  temporaryFolder
} from '../../harness/server-process.ts'
import { linkAccount, simulatorSettings } from '../../harness/simulated.ts'
import type { Api } from '../../harness/api.ts'
import type { Phone } from '../../simulator/phone.ts'
import { crashingAt } from '../chaos/crash-settings.ts'
import { Simulator } from '../../simulator/simulator.ts'
import { makeClockMovable, type MovableClock } from './clock.ts'
import { thorough } from '../thorough.ts'
import { shared } from './shared.ts'

type Folder = ReturnType<typeof temporaryFolder>

type Settings = Readonly<Record<string, string>>

type Start<Server extends RunningServer> = (options: ServerOptions) => Promise<Server>

type PhoneOptions = NonNullable<Parameters<Simulator['createPhone']>[0]>

export class Stage<Server extends RunningServer = ServerProcess> implements AsyncDisposable {
  readonly simulator: Simulator
  readonly dataDir: string
  readonly settings: Readonly<Record<string, string>>
  server: Server
  private readonly start: Start<Server>
  private readonly removeFolder: () => void
  private readonly clock: StageClock | undefined

  private constructor(
    simulator: Simulator,
    server: Server,
    start: Start<Server>,
    folder: Folder,
    settings: Readonly<Record<string, string>>,
    clock: StageClock | undefined
  ) {
    this.simulator = simulator
    this.server = server
    this.start = start
    this.dataDir = folder.path
    this.removeFolder = folder.remove
    this.settings = settings
    this.clock = clock
  }

  /** Settings that depend on the simulator are made when it runs. */
  static set(
    settings: Settings | ((simulator: Simulator) => Settings) = {},
    folder: Folder = temporaryFolder()
  ): Promise<Stage> {
    return Stage.setWith(options => ServerProcess.start(options), settings, folder)
  }

  /** The same with the server in the process of the test. */
  static async setInProcess(
    settings: Settings | ((simulator: Simulator) => Settings) = {},
    folder: Folder = temporaryFolder()
  ): Promise<InProcessStage> {
    // Most product tests start processes: they need not load the server themselves.
    const { InProcessServer } = await import('../../harness/in-process-server.ts')
    return Stage.setWith(options => InProcessServer.start(options), settings, folder)
  }

  /** The same on a clock that `advance` moves: the server, the simulator and the test go by it. */
  static async setInProcessByClock(settings: Settings = {}): Promise<InProcessStage> {
    const { InProcessServer } = await import('../../harness/in-process-server.ts')
    return Stage.setWith(
      options => InProcessServer.start(options),
      settings,
      temporaryFolder(),
      new StageClock()
    )
  }

  /**
   * One whose server is killed by `kill` in `npm run chaos:tests`, and in `npm test` is stopped instead: what it does at its next start
   * is the same then, and that it may be killed at any moment is shown elsewhere. `advance` moves its clock.
   */
  static setToKill(settings: Settings = {}): Promise<AnyStage> {
    if (!thorough(false, true)) return Stage.setInProcessByClock(settings)
    const clock = movableClock()
    return Stage.set({ ...clock.settings, ...settings }, clock.folder)
  }

  private static async setWith<Server extends RunningServer>(
    start: Start<Server>,
    settings: Settings | ((simulator: Simulator) => Settings),
    folder: Folder,
    clock?: StageClock
  ): Promise<Stage<Server>> {
    const simulator = await Simulator.make({ seed: 11 })
    // Media are uploaded through TLS, whatever the address of the simulator; the server trusts its authority for it.
    const authority = join(folder.path, 'simulator-ca.pem')
    writeFileSync(authority, simulator.caCertificate)
    const all = {
      NODE_EXTRA_CA_CERTS: authority,
      ...simulatorSettings(simulator),
      ...(typeof settings === 'function' ? settings(simulator) : settings)
    }
    const server = await start({ dataDir: folder.path, settings: all })
    return new Stage(simulator, server, start, folder, all, clock)
  }

  get api(): Api {
    return this.server.api
  }

  /** A phone whose account is linked, synced and online. */
  async linked(options: PhoneOptions = {}): Promise<{ phone: Phone; accountId: string }> {
    const { phone, accountId } = await this.scanned(options)
    await this.synced(accountId, phone)
    return { phone, accountId }
  }

  /** The same for a phone that pushes only a part of its history; resolves when that part is stored. */
  async linkedPartly(sent: number, options: PhoneOptions): Promise<{ phone: Phone; accountId: string }> {
    const { phone, accountId } = await this.scanned(options)
    await this.api.untilAccount(
      accountId,
      'what the phone pushes',
      account => account.counts.messages >= sent
    )
    return { phone, accountId }
  }

  /** The same for a phone that is there already. */
  async linkedTo(phone: Phone): Promise<{ accountId: string }> {
    const accountId = await linkAccount(this.api, phone.name, qr => phone.scanQr(qr))
    await this.synced(accountId, phone)
    return { accountId }
  }

  private async scanned(options: PhoneOptions): Promise<{ phone: Phone; accountId: string }> {
    // As WhatsApp treats most accounts by now.
    const phone = this.simulator.createPhone({ directAddressing: 'lid', requiresTokens: true, ...options })
    const accountId = await linkAccount(this.api, options.name ?? 'Shop', qr => phone.scanQr(qr))
    return { phone, accountId }
  }

  /** Waits until the account is online and holds as many messages as its phone. */
  async synced(accountId: string, phone: Phone): Promise<void> {
    await this.api.untilAccount(
      accountId,
      'everything to be synced',
      account =>
        account.state === 'open' &&
        account.sync.chunksPending === 0 &&
        account.counts.messages >= phone.truth().messages.length
    )
  }

  /** Starts the server again on the same data. */
  async restart(settings: Readonly<Record<string, string>> = {}): Promise<void> {
    this.server = await this.start({
      dataDir: this.dataDir,
      settings: { ...this.settings, ...settings }
    })
  }

  /**
   * Lets time pass for the server and for WhatsApp, for good: in `setInProcessByClock`, or in a process with the settings of
   * `movableClock`.
   */
  advance(ms: number): void {
    if (this.clock !== undefined) return this.clock.advance(ms)
    this.simulator.clock.aheadMs += ms
    this.changeClock(([passed, wall]) => [passed + ms, wall])
  }

  /** For a server that is a process: sets the wall clock of its machine so far ahead of what it should say; nothing elapses. */
  setWallClock(this: Stage, aheadMs: number): void {
    this.changeClock(([passed]) => [passed, aheadMs])
  }

  private changeClock(change: (clock: readonly [number, number]) => readonly [number, number]): void {
    const file = clockFile(this.dataDir)
    const [passed = 0, wall = 0] = readFileSync(file, 'utf8').split(' ').map(Number)
    writeFileSync(file, change([passed, wall]).join(' '))
    if (this.server instanceof ServerProcess && !this.server.hasEnded)
      process.kill(this.server.pid, 'SIGUSR2')
  }

  /** Ends the server by SIGKILL, if it is a process; one in the process of the test is stopped. */
  async kill(): Promise<void> {
    await (this.server instanceof ServerProcess ? this.server.kill() : this.server.stop())
  }

  /** Starts the server again, to end by SIGKILL when it passes the point of `crash-points.ts` for the n-th time. */
  async restartToCrashAt(this: Stage, point: string, times = 1): Promise<void> {
    // What the one before left to do may bring it there before it listens.
    await this.restart(crashingAt(point, times)).catch(() => undefined)
  }

  /** The same in between, while no other server runs on the data: a process that resolves when it has ended so. */
  async crashAt(point: string, times = 1): Promise<void> {
    const settings = { ...this.settings, ...crashingAt(point, times) }
    const process = await ServerProcess.start({ dataDir: this.dataDir, settings }).catch(() => undefined)
    await process?.ended
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server.dispose()
    await this.simulator.stop()
    this.clock?.restore()
    this.removeFolder()
  }
}

/** The clock of this process, which is that of the server and of the simulator in it. */
class StageClock {
  private readonly clock: MovableClock = makeClockMovable()
  private passed = 0

  advance(ms: number): void {
    this.passed += ms
    this.clock.set(this.passed, 0)
  }

  restore(): void {
    this.clock.restore()
  }
}

export type InProcessStage = Stage<InProcessServer>

/** Wherever its server runs. */
export type AnyStage = Stage<RunningServer>

const clockFile = (dataDir: string): string => join(dataDir, 'test-clock')

/** One stage on a movable clock for all tests of a file, with the server in this process. */
export const sharedStageByClock = (settings: Settings = {}): (() => InProcessStage) =>
  shared(() => Stage.setInProcessByClock(settings))

/** A folder with a clock that `Stage.advance` and `Stage.setWallClock` move, and the settings that make the server go by it. */
export const movableClock = (
  wallAheadMs = 0
): {
  readonly folder: Folder
  readonly settings: Readonly<Record<string, string>>
} => {
  const folder = temporaryFolder()
  const file = clockFile(folder.path)
  writeFileSync(file, `0 ${wallAheadMs}`)
  return {
    folder,
    settings: {
      NODE_OPTIONS: `--import=${join(import.meta.dirname, 'clock.ts')}`,
      TEST_CLOCK: file
    }
  }
}

/** One stage for all tests of a file; each test brings a phone and an account of its own. */
export const sharedStage = (
  settings: Readonly<Record<string, string>> = {},
  folder?: Folder
): (() => Stage) => shared(() => Stage.set(settings, folder))

/** The same with the server in the process of the test. */
export const sharedInProcessStage = (settings: Settings = {}): (() => InProcessStage) =>
  shared(() => Stage.setInProcess(settings))
