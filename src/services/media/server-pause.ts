// Pauses automatic downloads while WhatsApp's media server is in trouble.

const FIRST_PAUSE_MS = 10_000
const LONGEST_PAUSE_MS = 5 * 60 * 1000

export interface ServerPause {
  /** Milliseconds since 1970; automatic downloads wait until then. */
  readonly until: () => number
  /** A download failed: the pause becomes longer with each failure in a row. */
  readonly failed: (now: number) => void
  readonly succeeded: () => void
}

export const makeServerPause = (): ServerPause => {
  let until = 0
  let failures = 0
  return {
    until: () => until,
    failed: now => {
      until = now + Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(10, failures))
      failures += 1
    },
    succeeded: () => {
      until = 0
      failures = 0
    }
  }
}
