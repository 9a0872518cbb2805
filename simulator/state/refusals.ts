// What clients asked for and were refused, with the reason: someone who tests a client of their own sees what the simulator does not do.
import type { Signals } from './signals.ts'

const REFUSALS_LIMIT = 1000

export interface Refusal {
  /** Milliseconds since 1970. */
  readonly at: number
  /** The linked device, or the number of the connection. */
  readonly client: string
  /** What was refused: a query with its namespace, a stanza by its tag, the handshake. */
  readonly what: string
  readonly code: number
  readonly text: string
}

export class Refusals {
  readonly latest: Refusal[] = []
  private readonly signals: Signals

  constructor(signals: Signals) {
    this.signals = signals
  }

  record(refusal: Omit<Refusal, 'at'>): void {
    this.latest.push({ at: Date.now(), ...refusal })
    if (this.latest.length > REFUSALS_LIMIT) this.latest.shift()
    this.signals.emit('refusal', { ...refusal })
  }
}
