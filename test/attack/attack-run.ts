// What an attack runs against: a server as a process, a simulated WhatsApp, accounts that are attacked and accounts that are not.
import { randomBytes } from 'node:crypto'
import { readdirSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { linkAccount, simulatorSettings } from '../../harness/simulated.ts'
import { residentMiB } from '../../harness/process-memory.ts'
import { ServerProcess, temporaryFolder } from '../../harness/server-process.ts'
import type { Phone } from '../../simulator/phone.ts'
import { Simulator } from '../../simulator/simulator.ts'
import { HostileContact } from '../chaos/hostile.ts'
import { type Random, randomOf } from '../chaos/random.ts'
import { Traffic } from '../chaos/traffic.ts'
import { type ChaosAccount, type Verdict, verdictOf } from '../chaos/verdict.ts'
import type { AttackOptions, AttackResult } from './attack-result.ts'
import { readDocument } from './document.ts'
import { leaksInAnswer, leaksInLines, type Secrets } from './leaks.ts'
import { unqueuedStanza } from './malformed-stanzas.ts'
import { type RawAnswer, sendRaw } from './raw-request.ts'
import { attackRequest } from './requests.ts'
import type { AttackRequest, Target } from './target.ts'
import { Targets, tokenFor } from './targets.ts'

/** Requests that wait for an answer at once. */
const AT_ONCE = 24
/** Stanzas that wait for a device, at most. */
const MOST_WAITING = 200
const STANZA_PAUSE_MS = 50
const HONEST_WORD = 'Honigwabe'
const ATTACK_WORD = 'Stinkmorchel'
const PROJECT = 'demo-attack'
const VAULT_KEY = randomBytes(32).toString('base64')

interface Victim {
  readonly accountId: string
  readonly phone: Phone
}

export class AttackRun implements AsyncDisposable {
  private readonly options: AttackOptions
  private readonly simulator: Simulator
  private readonly folder: ReturnType<typeof temporaryFolder>
  private readonly server: ServerProcess
  private readonly honest: Array<ChaosAccount> = []
  private readonly victims: Array<Victim> = []
  private readonly findings = { fives: 0, leaks: 0, unanswered: 0 }
  private readonly statuses: Record<string, number> = {}
  private readonly endsAt: number
  private target: Target | undefined
  private targets: Targets | undefined
  private requests = 0
  private stanzas = 0
  private attackers = 2
  private before: { readonly files: number; readonly memory: number } | undefined

  private constructor(
    options: AttackOptions,
    simulator: Simulator,
    folder: ReturnType<typeof temporaryFolder>,
    server: ServerProcess
  ) {
    this.options = options
    this.simulator = simulator
    this.folder = folder
    this.server = server
    this.endsAt = performance.now() + options.seconds * 1000
  }

  static async start(options: AttackOptions): Promise<AttackRun> {
    const simulator = await Simulator.make({ seed: options.seed })
    const folder = temporaryFolder()
    const server = await ServerProcess.start({
      dataDir: folder.path,
      settings: {
        ...simulatorSettings(simulator),
        VAULT_KEY,
        LOG_LEVEL: 'trace',
        SEND_TIMEOUT: '2s',
        FIREBASE_AUTH: 'true',
        FIREBASE_PROJECT_ID: PROJECT,
        FIREBASE_AUTH_EMULATOR_HOST: '127.0.0.1:9'
      }
    })
    const run = new AttackRun(options, simulator, folder, server)
    await run.setUp()
    return run
  }

  /** Sends the requests of the seed, some of them at once. */
  async sendRequests(): Promise<void> {
    const { requests, seed } = this.options
    let next = 0
    const work = async (): Promise<void> => {
      while (next < requests && this.isGoing()) {
        const n = next++
        const request = attackRequest(this.target!, numbered(seed, n))
        this.judge(n, request, await sendRaw(new URL(this.server.url), request))
        this.requests += 1
        if (this.requests === Math.floor(requests / 10)) this.before = this.resources()
        if (this.requests % 500 === 0) this.options.log(this.progress())
      }
    }
    await Promise.all(Array.from({ length: AT_ONCE }, work))
    this.attackers -= 1
  }

  /** Sends the stanzas of the seed, to all accounts in turn. */
  async sendStanzas(): Promise<void> {
    const { seed, stanzas } = this.options
    const phones = [...this.victims, ...this.honest].map(({ phone }) => phone)
    const contacts = phones.map((phone, n) => {
      const random = numbered(seed, -1 - n)
      return { phone, random, hostile: new HostileContact(this.simulator, phone, random) }
    })
    while (this.stanzas < stanzas && this.isGoing()) {
      // Both last equally long.
      if (this.stanzas / stanzas > this.requests / this.options.requests) {
        await pause(STANZA_PAUSE_MS)
        continue
      }
      for (const { hostile, phone, random } of contacts) {
        // A device that is away is not sent more and more.
        if (phone.offlineQueue().length < MOST_WAITING) this.stanzas += await hostile.strike(4)
        for (const { connection } of phone.devices) {
          if (connection === undefined) continue
          this.stanzas += 1
          void connection.send(unqueuedStanza(random))
        }
      }
    }
    this.attackers -= 1
  }

  /** Meanwhile, what was stopped is started again, and what was deleted is replaced. */
  async keepTargets(): Promise<void> {
    const [first] = this.honest
    for (let n = 0; this.attackers > 0; n += 1) {
      if (this.server.hasEnded) return
      await this.targets?.restore()
      if (n % 4 === 0 && first !== undefined)
        await first.phone.receive({ from: first.phone.contacts[0]!, text: `${HONEST_WORD} ${n}` })
      await pause(500)
    }
  }

  async verdict(): Promise<Omit<AttackResult, 'seed' | 'seconds'>> {
    const { log } = this.options
    const crashes = this.server.hasEnded ? 1 : 0
    if (crashes > 0) {
      log(`the server ended: ${this.server.output().slice(-4000)}`)
      return {
        ...this.counts(),
        crashes,
        messages: 0,
        wrong_messages: 0,
        sends: 0,
        wrong_sends: 0,
        more_files: 0,
        more_memory: 0
      }
    }
    await Promise.all(this.honest.map(({ traffic }) => traffic.stop()))
    // Within one second nobody can tell which message came after the phone's count of unread ones.
    for (const { phone } of this.honest)
      for (const chat of [...phone.contacts, ...phone.groups]) await phone.markRead(chat)
    const results: Array<Verdict> = []
    for (const account of this.honest)
      results.push(await verdictOf(this.server, account, this.simulator, log))
    const sum = (of: (verdict: Verdict) => number): number =>
      results.reduce((total, one) => total + of(one), 0)
    const crashed = await this.crashedAccounts()
    await this.targets?.removeAll()
    const more = await this.growth()
    const { body: metrics } = await this.server.api.request<string>('GET', '/metrics')
    this.leak(leaksInLines(this.secrets(), metrics), 'metrics')
    const code = await this.server.stop()
    if (code !== 0) log(`stopped with ${String(code)}`)
    this.leak(leaksInLines(this.secrets(), this.server.output()), 'log')
    return {
      ...this.counts(),
      crashes: crashed + (code === 0 ? 0 : 1),
      messages: sum(({ messages }) => messages),
      wrong_messages: sum(
        ({ different, duplicated, lost, unexpected }) => different + duplicated + lost + unexpected
      ),
      sends: sum(({ sends }) => sends),
      wrong_sends: sum(({ sendsDuplicated, sendsLost }) => sendsDuplicated + sendsLost),
      more_files: more.files,
      more_memory: Math.round(more.memory)
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server.kill()
    await this.simulator.stop()
    this.folder.remove()
  }

  private async setUp(): Promise<void> {
    const { api, key, url } = this.server
    const { accounts = 2, pauseMs = 150, seed } = this.options
    for (let n = 1; n <= accounts; n += 1) this.victims.push(await this.link(`Victim ${n}`))
    for (let n = 1; n <= accounts; n += 1) {
      const account = await this.link(`Honest ${n}`)
      const traffic = new Traffic(this.simulator, account.phone, account.accountId, () => api, {
        seed: seed * 1000 + this.honest.length * 2,
        pauseMs,
        sendPauseMs: pauseMs * 5
      })
      this.honest.push({ ...account, traffic })
    }
    const granted = this.victims.map(({ accountId }) => accountId)
    this.targets = await Targets.find(api, this.victims, this.honest, ATTACK_WORD)
    this.target = {
      ...(await readDocument(url)),
      credentials: {
        admin: key,
        agent: tokenFor(PROJECT, { role: 'agent', accounts: granted }),
        viewer: tokenFor(PROJECT, { role: 'viewer', accounts: granted }),
        wrong: 'bsk_wrong-key-0123456789',
        none: undefined
      },
      wordsFor: request => this.targets!.wordsFor(request)
    }
  }

  private async link(name: string): Promise<Victim> {
    const phone = this.simulator.createPhone({
      history: { chats: 4, messages: 60, groupsShare: 0.25, mediaShare: 0.1 }
    })
    const accountId = await linkAccount(this.server.api, name, qr => phone.scanQr(qr))
    await this.server.api.untilAccount(accountId, 'to have its history', ({ counts }) => counts.messages > 50)
    return { accountId, phone }
  }

  private isGoing(): boolean {
    return performance.now() < this.endsAt && !this.server.hasEnded
  }

  private judge(n: number, request: AttackRequest, answer: RawAnswer): void {
    const { credential, operation } = request
    const asked = Buffer.concat(request.parts).toString('latin1')
    const report = (finding: string): void =>
      this.options.log(
        `request ${n}: ${finding}\n  ${request.what}\n  ${asked.slice(0, 1500)}\n  ${answer.text.slice(0, 1500)}`
      )
    for (const status of answer.statuses) {
      const kind = `${Math.floor(status / 100)}xx`
      this.statuses[kind] = (this.statuses[kind] ?? 0) + 1
      if (status >= 500 && operation?.documentedFaults.includes(status) !== true) {
        this.findings.fives += 1
        report(`answered with ${status}`)
      }
    }
    const [status] = answer.statuses
    if (status === undefined) {
      if (request.isAnswered && request.hangsUp !== true && !this.server.hasEnded) {
        this.findings.unanswered += 1
        report(answer.isComplete ? 'the connection was closed without an answer' : 'no answer')
      }
      return
    }
    const isStranger = credential === 'wrong' || credential === 'none'
    if (isStranger && operation?.isPublic === false && status < 300) {
      this.findings.leaks += 1
      report('an open door')
    }
    this.leak(
      leaksInAnswer(this.secrets(), {
        status,
        text: answer.text,
        request: asked,
        mayRead: credential === 'admin'
      }),
      request.what
    )
  }

  private leak(found: ReadonlyArray<string>, where: string): void {
    this.findings.leaks += found.length
    for (const one of found.slice(0, 10)) this.options.log(`leak (${where}): ${one}`)
  }

  private secrets(): Secrets {
    const accounts = [...this.simulator.network.directory.accounts.values()]
    return {
      keys: [this.server.key, VAULT_KEY],
      words: [HONEST_WORD, ATTACK_WORD],
      numbers: accounts.flatMap(({ lidUser, phoneNumber }) => [lidUser, phoneNumber])
    }
  }

  private async crashedAccounts(): Promise<number> {
    const crashes = (await this.server.api.incidents()).filter(({ kind }) => kind === 'account.crashed')
    for (const crash of crashes) this.options.log(`crashed: ${JSON.stringify(crash)}`)
    return crashes.reduce((total, { count }) => total + count, 0)
  }

  private counts() {
    return { requests: this.requests, stanzas: this.stanzas, ...this.findings, statuses: this.statuses }
  }

  private progress(): string {
    return JSON.stringify({ ...this.counts(), ...this.resources() })
  }

  private resources(): { readonly files: number; readonly memory: number } {
    return { files: openFiles(this.server.pid), memory: residentMiB(this.server.pid) }
  }

  /** What is held beyond what was held early in the attack, once it no longer becomes less. */
  private async growth(): Promise<{ readonly files: number; readonly memory: number }> {
    let now = this.resources()
    const { before = now } = this
    for (let waits = 0; waits < 30 && now.files > before.files; waits += 1) {
      await pause(500)
      now = this.resources()
    }
    return { files: now.files - before.files, memory: now.memory - before.memory }
  }
}

/** The open files and sockets of a process; 0 where the system does not list them. */
const openFiles = (pid: number): number => {
  try {
    return readdirSync(`/proc/${pid}/fd`).length
  } catch {
    return 0
  }
}

/** Random numbers for one request, whichever are sent at the same time. */
const numbered = (seed: number, n: number): Random => {
  const random = randomOf(Math.imul(seed * 7919 + n + 1, 2_654_435_761))
  // Neighbours of this generator begin alike.
  for (let skipped = 0; skipped < 4; skipped += 1) random()
  return random
}
