// What happens on the server, as signals a test can wait for: no test needs to sleep.

export interface Signal {
  readonly name: string
  readonly detail: Readonly<Record<string, unknown>>
}

export type SignalListener = (signal: Signal) => void

export class Signals {
  private readonly listeners = new Set<SignalListener>()

  on(listener: SignalListener): () => void {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }

  emit(name: string, detail: Record<string, unknown> = {}): void {
    for (const listener of this.listeners) listener({ name, detail })
  }

  /** Resolves with the first truthy answer; the question is asked now and after what happens. */
  until<T>(
    question: () => T | undefined | null | false,
    options: { timeoutMs?: number; what?: string } = {}
  ): Promise<T> {
    const { timeoutMs = 40_000, what = 'the expected state' } = options
    return new Promise((resolve, reject) => {
      let planned: NodeJS.Timeout | undefined
      let cost = 0
      const ask = (): void => {
        planned = undefined
        const began = performance.now()
        try {
          const answer = question()
          if (answer) done(() => resolve(answer))
        } catch (error) {
          done(() => reject(error instanceof Error ? error : new Error(String(error))))
        }
        cost = performance.now() - began
      }
      // many signals, one question; a question that takes long is asked less often
      const off = this.on(() => {
        planned ??= setTimeout(ask, Math.min(100, cost * 5))
      })
      const timer = setTimeout(
        () => done(() => reject(new Error(`simulator: ${what} did not come within ${timeoutMs} ms`))),
        timeoutMs
      )
      const done = (settle: () => void): void => {
        clearTimeout(timer)
        clearTimeout(planned)
        off()
        settle()
      }
      ask()
    })
  }
}
