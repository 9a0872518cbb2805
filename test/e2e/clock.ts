// A clock that a test moves forward: what waits for a time that has come by that happens at once. It is that of a whole process:
// of a server, into which this is loaded before its own code (node --import), or of the test with the server in it. Knows nothing of
// the product.
//   TEST_CLOCK=<file>   holds how many milliseconds have passed besides, and how many the wall clock is ahead of that, as one that
//                       somebody has set; read again at each SIGUSR2
import { readFileSync } from 'node:fs'

interface Waiting {
  readonly run: () => void
  due: number
  timer: NodeJS.Timeout | undefined
}

export interface MovableClock {
  /** How many milliseconds have passed besides, and how many the wall clock is ahead of that. */
  readonly set: (passed: number, wallAhead: number) => void
  /** From now on time is what it is; what waits goes on waiting. */
  readonly restore: () => void
}

export const makeClockMovable = (passed = 0, wall = 0): MovableClock => {
  const realNow = Date.now.bind(Date)
  const realElapsed = performance.now.bind(performance)
  const realSetTimeout = globalThis.setTimeout
  const realClearTimeout = globalThis.clearTimeout
  let [ahead, wallAhead] = [passed, wall]

  const RealDate = globalThis.Date
  class MovedDate extends RealDate {
    constructor(...parts: ReadonlyArray<never>) {
      if (parts.length === 0) super(realNow() + ahead + wallAhead)
      else super(...(parts as unknown as [number]))
    }
    static override now(): number {
      return realNow() + ahead + wallAhead
    }
  }
  globalThis.Date = MovedDate as DateConstructor
  const elapsed = (): number => realElapsed() + ahead
  performance.now = elapsed

  const waiting = new Map<object, Waiting>()
  /** Stands for a timer that is replaced when the clock moves. */
  class Handle {
    private isRef = true
    ref(): this {
      this.isRef = true
      waiting.get(this)?.timer?.ref()
      return this
    }
    unref(): this {
      this.isRef = false
      waiting.get(this)?.timer?.unref()
      return this
    }
    hasRef(): boolean {
      return this.isRef
    }
    refresh(): this {
      return this
    }
    close(): this {
      globalThis.clearTimeout(this as never)
      return this
    }
  }
  const arm = (handle: Handle, entry: Waiting): void => {
    realClearTimeout(entry.timer)
    entry.timer = realSetTimeout(
      () => {
        waiting.delete(handle)
        entry.run()
      },
      Math.max(0, entry.due - elapsed())
    )
    if (!handle.hasRef()) entry.timer.unref()
  }
  const setTimeoutMoved = (
    run: (...args: ReadonlyArray<unknown>) => void,
    ms = 0,
    ...args: Array<unknown>
  ) => {
    const handle = new Handle()
    const entry: Waiting = { run: () => run(...args), due: elapsed() + ms, timer: undefined }
    waiting.set(handle, entry)
    arm(handle, entry)
    return handle
  }
  Object.assign(setTimeoutMoved, { __promisify__: Reflect.get(realSetTimeout, '__promisify__') as unknown })
  globalThis.setTimeout = setTimeoutMoved as unknown as typeof setTimeout
  globalThis.clearTimeout = (handle => {
    if (handle instanceof Handle) {
      const entry = waiting.get(handle)
      waiting.delete(handle)
      realClearTimeout(entry?.timer)
    } else realClearTimeout(handle)
  }) as typeof clearTimeout

  return {
    set: (...now) => {
      ;[ahead, wallAhead] = now
      for (const [handle, entry] of waiting) arm(handle as Handle, entry)
    },
    restore: () => {
      for (const entry of waiting.values()) entry.due -= ahead
      ;[ahead, wallAhead] = [0, 0]
      globalThis.Date = RealDate
      performance.now = realElapsed
      globalThis.setTimeout = realSetTimeout
    }
  }
}

const file = process.env['TEST_CLOCK']
if (file !== undefined) {
  const read = (): readonly [number, number] => {
    const [passed = 0, wall = 0] = readFileSync(file, 'utf8').split(' ').map(Number)
    return [passed, wall]
  }
  const clock = makeClockMovable(...read())
  process.on('SIGUSR2', () => clock.set(...read()))
}
