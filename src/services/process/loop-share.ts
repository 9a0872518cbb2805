// How much of each turn of the event loop one kind of work may take: when much of it comes at once, such as the ends of all connections,
// the API, timers and the database have their turns in between.
import { AsyncResource } from 'node:async_hooks'

/** Work that began within this time of a turn is done in it; the rest waits. */
const SHARE_MS = 10
/** How many pieces of work that has waited are done in one turn, at most. */
const MOST_AT_ONCE = 64

export interface LoopShare {
  /**
   * Does the work: at once, unless the share of this turn is used up or other work waits already. Then in a later turn, in the order of
   * the calls; `true` is returned.
   */
  readonly run: (work: () => void) => boolean
}

/** `now` is in milliseconds, from any moment on. */
export const makeLoopShare = (now = () => performance.now()): LoopShare => {
  const waiting: Array<() => void> = []
  let turnBeganAt: number | undefined
  let atOnce = 1

  const beginTurn = (): void => {
    turnBeganAt = now()
    setImmediate(endTurn)
  }
  const endTurn = (): void => {
    if (waiting.length === 0) {
      turnBeganAt = undefined
      return
    }
    // What the work has set off, such as fibers that it resumed, has run by now: it counts, too.
    const isOver = turnBeganAt !== undefined && now() - turnBeganAt > SHARE_MS
    atOnce = isOver ? Math.max(1, Math.floor(atOnce / 2)) : Math.min(MOST_AT_ONCE, atOnce + 1)
    beginTurn()
    for (let left = atOnce; left > 0; left -= 1) waiting.shift()?.()
  }

  return {
    run: work => {
      if (turnBeganAt === undefined) beginTurn()
      const isUsedUp = turnBeganAt !== undefined && now() - turnBeganAt > SHARE_MS
      if (waiting.length === 0 && !isUsedUp) {
        work()
        return false
      }
      waiting.push(AsyncResource.bind(work))
      return true
    }
  }
}
