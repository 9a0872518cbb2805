// How much of each turn of the event loop one kind of work may take: when much of it comes at once, such as the ends of all connections,
// the API, timers and the database have their turns in between.
import { AsyncResource } from 'node:async_hooks'

/** Work begins in a turn until this much time of the turn is over. */
const SHARE_MS = 10
/** How much of what waits can be done in one turn. */
const MOST_IN_A_TURN = 64

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

  const isUsedUp = (): boolean => begunAt !== undefined && now() - begunAt > SHARE_MS
  const begin = (): void => {
    if (begunAt !== undefined) return
    begunAt = now()
    setImmediate(endTurn)
  }
  const doNext = (): void => {
    if (isUsedUp()) return
    begin()
    waiting.shift()?.()
  }
  const endTurn = (): void => {
    begunAt = undefined
    // Each has a callback of its own: what it sets off in promises is done before the next one, and counts.
    for (let left = Math.min(waiting.length, MOST_IN_A_TURN); left > 0; left -= 1) setImmediate(doNext)
  }

  return {
    run: work => {
      if (waiting.length > 0 || isUsedUp()) {
        waiting.push(AsyncResource.bind(work))
        return true
      }
      begin()
      work()
      return false
    }
  }
}
