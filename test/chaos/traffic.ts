// Traffic in every direction, decided by a seed: what people write to the phone, what its owner does, what the server is
// asked to send. Everything it does can be read back from the simulator's truth.
import { setTimeout as pause } from 'node:timers/promises'
import type { Api } from '../../harness/api.ts'
import type { Phone } from '../../simulator/phone.ts'
import type { Simulator } from '../../simulator/simulator.ts'
import { happen } from './happenings.ts'
import { pick, type Random, randomOf } from './random.ts'
import { type Stage, stageOf } from './stage.ts'

export interface Sent {
  readonly text: string
  readonly threadId: string
  readonly messageId: string
  readonly entryId: string
}

const MOST_WAITING = 400

/** Between two things that happen, milliseconds. */
const PAUSE_MS = 12
/** Between two messages that the server is asked to send. */
const SEND_PAUSE_MS = 40

/** Traffic of one account until `stop`; what the server accepted for sending is collected in `accepted`. */
export class Traffic {
  readonly accepted: Array<Sent> = []
  private readonly stage: Stage
  private running = true
  private readonly done: ReadonlyArray<Promise<void>>

  constructor(
    simulator: Simulator,
    phone: Phone,
    accountId: string,
    api: () => Api,
    options: {
      readonly seed: number
      readonly pauseMs?: number | undefined
      readonly sendPauseMs?: number | undefined
    }
  ) {
    const { pauseMs = PAUSE_MS, seed, sendPauseMs = SEND_PAUSE_MS } = options
    this.stage = stageOf(simulator, phone, randomOf(seed))
    this.done = [
      this.write(this.stage, pauseMs),
      this.send(phone, accountId, api, randomOf(seed + 1), sendPauseMs)
    ]
  }

  /** Stanzas that hostile contacts have sent. */
  get hostile(): number {
    return this.stage.hostile.sent
  }

  async stop(): Promise<void> {
    this.running = false
    await Promise.all(this.done)
  }

  private async write(stage: Stage, pauseMs: number): Promise<void> {
    const { phone } = stage
    for (let n = 0; this.running; n += 1) {
      // What counts is what is lost, not how much a server that is mostly starting can take.
      while (this.running && phone.offlineQueue().length > MOST_WAITING) await pause(100)
      await happen(stage, n)
      await pause(pauseMs)
    }
  }

  private async send(
    phone: Phone,
    accountId: string,
    api: () => Api,
    random: Random,
    pauseMs: number
  ): Promise<void> {
    for (let n = 0; this.running; n += 1) {
      const text = `sent ${n}`
      const to =
        random() < 0.8 || phone.groups.length === 0
          ? pick(random, phone.contacts).phoneNumber
          : pick(random, phone.groups).id
      // The server may be dead or die before it answers; the key makes asking again safe.
      for (let accepted: Sent | undefined; this.running && accepted === undefined;) {
        accepted = await api()
          .send(accountId, to, text, `key-${n}`)
          .then(
            answer => ({ ...answer, text }),
            () => pause(50).then(() => undefined)
          )
        if (accepted !== undefined) this.accepted.push(accepted)
      }
      await pause(pauseMs)
    }
  }
}
