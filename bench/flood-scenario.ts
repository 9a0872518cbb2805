// A hostile contact floods a phone with one kind of thing, while an honest contact writes: what is measured, and what a test repeats small.
import { setImmediate as turn, setTimeout as pause } from 'node:timers/promises'
import type { Phone } from '../simulator/phone.ts'
import type { Simulator } from '../simulator/simulator.ts'
import {
  HOSTILE_ACTS,
  hostileContact,
  type HostileKind,
  type Hostility
} from '../test/attack/hostile-traffic.ts'

export interface WrittenMessage {
  readonly id: string
  /** When it was written to the connection, milliseconds since 1970. */
  readonly writtenAt: number
}

export interface FloodReport {
  /** What the honest contact wrote during the flood, each message once the one before was acknowledged. */
  readonly meanwhile: ReadonlyArray<WrittenMessage>
  /** What it wrote right behind the flood. */
  readonly behind: WrittenMessage
  /** How much of the flood was not acknowledged when that was. */
  readonly leftBehind: number
  /** Until everything was acknowledged. */
  readonly milliseconds: number
}

/** Between an acknowledgement and the honest contact's next message. */
const PAUSE_MS = 50
/** Sockets get their turn after so many acts. */
const TURN = 32
const DEADLINE = { timeoutMs: 10 * 60_000, what: 'everything to be acknowledged' }

export class FloodScenario {
  readonly hostility: Hostility
  private readonly simulator: Simulator
  private readonly phone: Phone
  private readonly honest: Phone['contacts'][number]
  private readonly writtenAt = new Map<string, number>()

  constructor(simulator: Simulator, phone: Phone) {
    const [honest] = phone.contacts
    if (honest === undefined) throw new Error('The simulated phone has no contacts')
    this.simulator = simulator
    this.phone = phone
    this.honest = honest
    this.hostility = hostileContact(simulator, phone)
    simulator.events.on(({ detail: { id }, name }) => {
      if (name === 'delivered' && typeof id === 'string' && this.writtenAt.get(id) === 0)
        this.writtenAt.set(id, Date.now())
    })
  }

  /** Nothing but the honest contact's messages, one after the other. */
  async undisturbed(count: number): Promise<ReadonlyArray<WrittenMessage>> {
    const written: Array<WrittenMessage> = []
    for (let n = 0; n < count; n += 1) written.push(await this.writeAndWait())
    return written
  }

  /** So many of one kind, as fast as can be. */
  async flood(kind: HostileKind, count: number): Promise<FloodReport> {
    const meanwhile: Array<WrittenMessage> = []
    let isFlooding = true
    const writing = (async () => {
      while (isFlooding) meanwhile.push(await this.writeAndWait())
    })()
    const began = Date.now()
    for (let n = 0; n < count; n += 1) {
      await HOSTILE_ACTS[kind](this.hostility, n)
      if (n % TURN === TURN - 1) await turn()
    }
    const behind = await this.acknowledged(await this.write())
    const leftBehind = this.phone.offlineQueue().length
    await this.settled()
    const milliseconds = Date.now() - began
    isFlooding = false
    await writing
    return { meanwhile, behind, leftBehind, milliseconds }
  }

  /** Until nothing waits for the phone's linked devices. */
  settled(): Promise<unknown> {
    return this.simulator.until(() => this.phone.offlineQueue().length === 0, DEADLINE)
  }

  private async write(): Promise<string> {
    const id = `3EB0F100D5${String(this.writtenAt.size).padStart(10, '0')}`
    this.writtenAt.set(id, 0)
    await this.phone.receive({ from: this.honest, id, text: `hello ${this.writtenAt.size}` })
    return id
  }

  private async acknowledged(id: string): Promise<WrittenMessage> {
    await this.simulator.until(() => this.phone.offlineQueue().every(waiting => waiting.id !== id), DEADLINE)
    return { id, writtenAt: this.writtenAt.get(id) ?? 0 }
  }

  private async writeAndWait(): Promise<WrittenMessage> {
    const written = await this.acknowledged(await this.write())
    await pause(PAUSE_MS)
    return written
  }
}
