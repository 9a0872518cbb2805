// What arrives live goes before history: here whoever stores history learns that nothing live is on its way into the store.
import { Effect } from 'effect'

/** Under traffic that never pauses, history still gets its turns. */
const LONGEST_WAIT = '1 second'

/** Between two immediates Node reads its sockets: what waits there enters now. */
const socketsRead = Effect.callback<void>(resume => {
  setImmediate(() => setImmediate(() => resume(Effect.void)))
})

export const makeTraffic = () => {
  let underWay = 0
  const waiting = new Set<() => void>()
  return {
    /** Something is on its way into the store; to be told when it has arrived there (or never will), once or more often. */
    enter: (): (() => void) => {
      let isUnderWay = true
      underWay += 1
      return () => {
        if (!isUnderWay) return
        isUnderWay = false
        underWay -= 1
        if (underWay === 0) for (const tell of waiting) tell()
      }
    },
    /** Completes once nothing is on its way, or after a second. */
    quiet: Effect.andThen(
      socketsRead,
      Effect.callback<void>(resume => {
        const tell = () => resume(Effect.void)
        if (underWay === 0) tell()
        else waiting.add(tell)
        return Effect.sync(() => void waiting.delete(tell))
      })
    ).pipe(Effect.timeoutOption(LONGEST_WAIT), Effect.asVoid)
  }
}
