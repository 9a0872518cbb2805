// Work that outlives the stanza which began it, and the errors it ended with: they are recorded for tests and for `GET /errors`,
// nothing is printed.
import type { Signals } from './signals.ts'

const WORK_LIMIT = 500
const ERRORS_LIMIT = 1000

export interface RecordedError {
  /** Milliseconds since 1970. */
  readonly at: number
  readonly where: string
  readonly error: unknown
}

export class BackgroundWork {
  readonly errors: RecordedError[] = []
  private readonly running = new Set<Promise<unknown>>()
  private readonly signals: Signals

  constructor(signals: Signals) {
    this.signals = signals
  }

  run(where: string, work: Promise<unknown>): void {
    const guarded = work
      .catch((error: unknown) => this.report(where, error))
      .finally(() => this.running.delete(guarded))
    this.running.add(guarded)
  }

  report(where: string, error: unknown): void {
    this.errors.push({ at: Date.now(), where, error })
    if (this.errors.length > ERRORS_LIMIT) this.errors.shift()
    this.signals.emit('error', { where })
  }

  /** Resolves when little work is left: one busy client must not make it grow without end. */
  async capacity(): Promise<void> {
    while (this.running.size > WORK_LIMIT) await Promise.race(this.running)
  }

  async settled(): Promise<void> {
    while (this.running.size > 0) await Promise.all(this.running)
  }
}
