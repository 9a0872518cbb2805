// What arrives live is stored before history: whoever stores history waits here until nothing live is on its way.
import { Context, Effect, Latch, Layer, type Scope } from 'effect'
import { AccountMemory } from '../process/account-memory.ts'

/** Under traffic that never pauses, history still gets its turns: milliseconds before a chunk, and before each part of one. */
const LONGEST_WAIT = { chunk: 1000, part: 15 }

/** Between two immediates Node reads its sockets: what waits there enters now. */
const socketsRead = Effect.callback<void>(resume => {
  setImmediate(() => setImmediate(() => resume(Effect.void)))
})

/** What other threads are told: 0 while nothing is on its way, and how much has come so far. */
const UNDER_WAY = 0
const ARRIVALS = 1

/** Counts what is on its way; the latch is open while that is nothing. */
const makeCounter = () => {
  let underWay = 0
  const none = Latch.makeUnsafe(true)
  const shared = new Int32Array(new SharedArrayBuffer(2 * Int32Array.BYTES_PER_ELEMENT))
  return {
    none,
    shared: shared.buffer,
    enter: (): (() => void) => {
      let isUnderWay = true
      underWay += 1
      none.closeUnsafe()
      Atomics.store(shared, UNDER_WAY, 1)
      Atomics.add(shared, ARRIVALS, 1)
      return () => {
        if (!isUnderWay) return
        isUnderWay = false
        underWay -= 1
        if (underWay !== 0) return
        none.openUnsafe()
        Atomics.store(shared, UNDER_WAY, 0)
        Atomics.notify(shared, UNDER_WAY)
      }
    }
  }
}

export const makeLiveTraffic = (memory: AccountMemory['Service']): LiveTraffic['Service'] => {
  const counter = makeCounter()
  const consumed = memory.register('journal.consumers', new Set<string>())
  const recorded = new Map<string, () => void>()

  const ingested = (accountId: string): void => {
    recorded.get(accountId)?.()
    recorded.delete(accountId)
  }
  memory.register('journal.recorded', { has: accountId => recorded.has(accountId), delete: ingested })

  return {
    enter: counter.enter,
    recorded: accountId => {
      if (consumed.has(accountId) && !recorded.has(accountId)) recorded.set(accountId, counter.enter())
    },
    ingested,
    consuming: accountId =>
      Effect.acquireRelease(
        Effect.sync(() => void consumed.add(accountId)),
        () =>
          Effect.sync(() => {
            consumed.delete(accountId)
            ingested(accountId)
          })
      ),
    quiet: before =>
      Effect.andThen(socketsRead, counter.none.await).pipe(
        Effect.timeoutOption(LONGEST_WAIT[before]),
        Effect.asVoid
      ),
    shared: counter.shared
  }
}

/** How much live has come so far, by the memory that is shared with another thread. */
export const arrivalsIn = (shared: SharedArrayBuffer): number =>
  Atomics.load(new Int32Array(shared), ARRIVALS)

/** The same as `quiet` before a part of a chunk in another thread, by the memory that is shared with it. */
export const quietIn = (shared: SharedArrayBuffer): Effect.Effect<void> =>
  Effect.suspend(() => {
    const waiting = Atomics.waitAsync(new Int32Array(shared), UNDER_WAY, 1, LONGEST_WAIT.part)
    return waiting.async ? Effect.asVoid(Effect.promise(() => waiting.value)) : Effect.void
  })

export class LiveTraffic extends Context.Service<
  LiveTraffic,
  {
    /** Something live has arrived; the returned function is called when it is recorded or dropped, once or more often. */
    readonly enter: () => () => void
    /** Something was recorded in the journal of an account whose entries are being consumed. */
    readonly recorded: (accountId: string) => void
    /** Nothing recorded of the account waits any more. */
    readonly ingested: (accountId: string) => void
    /** The journal of the account is consumed until the scope closes; entries of others keep nobody waiting. */
    readonly consuming: (accountId: string) => Effect.Effect<void, never, Scope.Scope>
    /** Completes once nothing live is on its way into the database, or after a while: before a part, soon. */
    readonly quiet: (before: 'chunk' | 'part') => Effect.Effect<void>
    /** By which another thread knows that (`quietIn`). */
    readonly shared: SharedArrayBuffer
  }
>()('backscroll/services/journal/LiveTraffic') {
  static readonly layer: Layer.Layer<LiveTraffic, never, AccountMemory> = Layer.effect(
    LiveTraffic,
    Effect.map(AccountMemory, makeLiveTraffic)
  )
}
