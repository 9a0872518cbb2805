// How much of each turn of the event loop one kind of work may take: when much of it comes at once, such as the ends of all connections,
// the API, timers and the database have their turns in between.
import { AsyncResource } from 'node:async_hooks'

/** Work begins in a turn until this much time of the turn is over. */
const SHARE_MS = 10

export interface LoopShare {
  /**
   * Does the work: at once, unless the share of this turn is used up or other work waits already. Then it is done in a later turn, in the
   * order of the calls, and `true` is returned.
   */
  readonly run: (work: () => void) => boolean
}

/** `now` is in milliseconds, from any moment on. */
export const makeLoopShare = (now = () => performance.now()): LoopShare => {
  const waiting: Array<() => void> = []
  let begunAt: number | undefined

  const beginTurn = (): number => {
    setImmediate(endTurn)
    return now()
  }
  const isUsedUp = (): boolean => {
    begunAt ??= beginTurn()
    return now() - begunAt > SHARE_MS
  }
  const endTurn = (): void => {
    begunAt = undefined
    if (waiting.length === 0) return
    // The next one ends whatever the work does, such as throw.
    begunAt = beginTurn()
    do waiting.shift()?.()
    while (waiting.length > 0 && !isUsedUp())
  }

  return {
    run: work => {
      if (waiting.length > 0 || isUsedUp()) {
        waiting.push(AsyncResource.bind(work))
        return true
      }
      work()
      return false
    }
  }
}
