// The processes of a chaos run: WhatsApp, the server that is killed and started again, and Firestore where applications read there.
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { linkAccount, simulatorSettings } from '../../harness/simulated.ts'
import { ServerProcess, temporaryFolder } from '../../harness/server-process.ts'
import { Simulator } from '../../simulator/simulator.ts'
import { CRASH_POINTS, FIRESTORE_POINTS } from './crash-points.ts'
import { crashingAt, withFlushedLog } from './crash-settings.ts'
import { FirestoreSide } from './firestore-side.ts'
import { dropAtLogin, dropWhileLinking, stepOf } from './linking-steps.ts'
import { cutPower } from './power-cut.ts'
import { pick, type Random, randomOf } from './random.ts'
import { Traffic } from './traffic.ts'
import type { ChaosAccount } from './verdict.ts'
import { WebhookSide } from './webhook-side.ts'

export interface ChaosOptions {
  readonly rounds: number
  readonly seed: number
  /** Messages of history a phone starts with. */
  readonly messages: number
  /** Chats of that history; twelve by default. */
  readonly chats?: number
  /** Milliseconds between two things that happen on a phone; few by default. */
  readonly pauseMs?: number
  readonly store?: 'sqlite' | 'firestore'
  /** Whether the server of a webhook is only ever in trouble that is over soon. */
  readonly briefTroubles?: boolean
  readonly log: (text: string) => void
}

/** How a round ends: when the server passes a point for the n-th time, or after some milliseconds; then killed, or told to stop. */
type End =
  | { readonly point: string; readonly after: number }
  | { readonly signal: 'SIGKILL' | 'SIGTERM'; readonly ms: number }

const NEVER_REACHED_MS = 4000
const ACCOUNTS_LIMIT = 8

type Settings = Readonly<Record<string, string>>

export class ChaosRun implements AsyncDisposable {
  readonly simulator: Simulator
  readonly firestore: FirestoreSide | undefined
  readonly webhook: WebhookSide
  readonly accounts: Array<ChaosAccount> = []
  /** Of the kills, those at a named point, by point. */
  readonly points: Record<string, number> = {}
  kills = 0
  /** Of the kills, those after which the disk had only what was flushed, and the bytes that it had not. */
  powerCuts = 0
  cutBytes = 0
  /** Ends by SIGTERM, and those of them with another exit code than 0. */
  stops = 0
  failedStops = 0
  /** Connections that were dropped, by what the server was doing. */
  readonly drops: Record<string, number> = {}
  private readonly options: ChaosOptions
  private readonly random: Random
  private readonly folder = temporaryFolder()
  private readonly notes = temporaryFolder()
  private readonly flushed = join(this.notes.path, 'flushed-log')
  private running: ServerProcess | undefined

  private constructor(
    options: ChaosOptions,
    simulator: Simulator,
    webhook: WebhookSide,
    firestore: FirestoreSide | undefined
  ) {
    this.options = options
    this.webhook = webhook
    this.random = randomOf(options.seed)
    this.simulator = simulator
    this.firestore = firestore
    simulator.events.on(({ detail, name }) => {
      if (name !== 'dropped') return
      const step = stepOf(detail['sent'])
      this.drops[step] = (this.drops[step] ?? 0) + 1
    })
  }

  static async start(options: ChaosOptions): Promise<ChaosRun> {
    const simulator = await Simulator.make({ seed: options.seed })
    const firestore = options.store === 'firestore' ? await FirestoreSide.start() : undefined
    const run = new ChaosRun(
      options,
      simulator,
      await WebhookSide.start(options.seed, options.briefTroubles ?? false),
      firestore
    )
    await run.launch()
    await run.webhook.register(run.server, run.dataDir)
    return run
  }

  get server(): ServerProcess {
    if (this.running === undefined) throw new Error('The server was never started')
    return this.running
  }

  get dataDir(): string {
    return this.folder.path
  }

  /** A phone with a history is linked, and its traffic begins. */
  async addAccount(): Promise<void> {
    if (this.accounts.length >= ACCOUNTS_LIMIT) return
    const { chats = 12, messages } = this.options
    const phone = this.simulator.createPhone({
      history: { chats, messages, chunkMessages: 150, inlineBelowBytes: 0, groupsShare: 0.25 }
    })
    dropWhileLinking(phone, this.random)
    const { api } = this.server
    const accountId = await linkAccount(api, `Chaos ${this.accounts.length + 1}`, (qr, accountId) =>
      // The device may be gone before it has signed; the owner scans again.
      phone.scanQr(qr).catch(async () => phone.scanQr(await api.nextQr(accountId, qr)))
    )
    await api.untilAccount(accountId, 'to be linked', account => account.jid !== null)
    const seed = this.options.seed * 1000 + this.accounts.length * 2
    this.firestore?.add(phone, accountId, { seed, pauseMs: this.options.pauseMs })
    const traffic = new Traffic(this.simulator, phone, accountId, () => this.server.api, {
      seed,
      pauseMs: this.options.pauseMs
    })
    this.accounts.push({ accountId, phone, traffic })
  }

  /** The server is ended once or twice and started again; says how. */
  async round(): Promise<string> {
    const end = this.nextEnd()
    if ('point' in end) await this.killAt(end.point, end.after)
    else {
      await pause(end.ms)
      if (end.signal === 'SIGTERM') await this.stop()
      else await this.kill()
    }
    if (this.random() < 0.5) dropAtLogin(pick(this.random, this.accounts).phone, this.random)
    if (this.random() < 0.3) await pause(this.random() * 800)
    await this.firestore?.maybeAway(this.random)
    await this.launch()
    if ('point' in end) return `killed at ${end.point}`
    return end.signal === 'SIGTERM' ? 'stopped' : 'killed at a random moment'
  }

  async stopTraffic(): Promise<void> {
    await Promise.all(this.accounts.map(({ traffic }) => traffic.stop()))
    await this.firestore?.stopWriting()
    await this.firestore?.settled(this.server, this.options.log)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.running?.kill()
    await this.simulator.stop()
    await this.webhook[Symbol.asyncDispose]()
    await this.firestore?.[Symbol.asyncDispose]()
    this.folder.remove()
    this.notes.remove()
  }

  private nextEnd(): End {
    const { random } = this
    const points = [...CRASH_POINTS, ...(this.firestore === undefined ? [] : FIRESTORE_POINTS)]
    const chance = random()
    return chance < 0.45
      ? { signal: chance < 0.2 ? 'SIGTERM' : 'SIGKILL', ms: 100 + random() * 1800 }
      : { point: pick(random, points), after: 1 + Math.floor(random() * random() * 25) }
  }

  private async kill(): Promise<void> {
    await this.server.kill()
    this.kills += 1
    if (this.random() < 0.5) return
    this.powerCuts += 1
    this.cutBytes += cutPower(this.folder.path, this.flushed)
  }

  private async stop(): Promise<void> {
    const code = await this.server.stop()
    this.stops += 1
    if (code === 0) return
    this.failedStops += 1
    this.options.log(
      `stopped with ${String(code)}: ${this.server.output().split('\n').slice(-15).join('\n')}`
    )
  }

  private async killAt(point: string, after: number): Promise<void> {
    // The point is set when a server starts, so the one before ends too, at whatever it is doing.
    await this.kill()
    await this.launch(crashingAt(point, after)).catch(() => undefined)
    await Promise.race([this.server.ended, pause(NEVER_REACHED_MS)])
    if (this.server.hasEnded) this.points[point] = (this.points[point] ?? 0) + 1
    await this.kill()
  }

  private async launch(settings: Settings = {}): Promise<void> {
    this.running = await ServerProcess.start({
      dataDir: this.folder.path,
      settings: {
        ...simulatorSettings(this.simulator),
        SEND_TIMEOUT: '2s',
        ...this.webhook.settings,
        ...this.firestore?.settings,
        ...withFlushedLog(this.flushed, settings)
      }
    })
  }
}
