// A clock for machines that only the test moves, and that tells how many timers there are.

export interface TestClock {
  readonly setTimeout: (run: () => void, ms: number) => number
  readonly clearTimeout: (id: number) => void
  /** How many timers are set. */
  readonly pending: () => number
  /** Lets time pass, and with it every timer that is due. */
  readonly advance: (ms: number) => void
  /** Lets the one timer go off that was set for so many milliseconds, and no other. */
  readonly fire: (ms: number) => void
}

interface Timer {
  readonly at: number
  readonly ms: number
  readonly run: () => void
}

export const makeTestClock = (): TestClock => {
  let now = 0
  let count = 0
  const timers = new Map<number, Timer>()
  const goOff = ([id, { run }]: readonly [number, Timer]): void => {
    timers.delete(id)
    run()
  }
  return {
    setTimeout: (run, ms) => {
      timers.set((count += 1), { at: now + ms, ms, run })
      return count
    },
    clearTimeout: id => void timers.delete(id),
    pending: () => timers.size,
    advance: ms => {
      const until = now + ms
      while (true) {
        const [next] = [...timers].filter(([, { at }]) => at <= until).toSorted(([, a], [, b]) => a.at - b.at)
        if (next === undefined) break
        now = next[1].at
        goOff(next)
      }
      now = until
    },
    fire: ms => {
      const timer = [...timers].find(([, set]) => set.ms === ms)
      if (timer === undefined) throw new Error(`No timer is set for ${ms} ms`)
      goOff(timer)
    }
  }
}
