// What arrives live is stored before history: whoever stores history waits here until nothing live is on its way.
import { Context, Effect, Latch, Layer, type Scope } from 'effect'
import { AccountMemory } from '../process/account-memory.ts'

/** Under traffic that never pauses, history still gets its turns. */
const LONGEST_WAIT = '1 second'

/** Between two immediates Node reads its sockets: what waits there enters now. */
const socketsRead = Effect.callback<void>(resume => {
  setImmediate(() => setImmediate(() => resume(Effect.void)))
})

/** Counts what is on its way; the latch is open while that is nothing. */
const makeCounter = () => {
  let underWay = 0
  const none = Latch.makeUnsafe(true)
  return {
    none,
    enter: (): (() => void) => {
      let isUnderWay = true
      underWay += 1
      none.closeUnsafe()
      return () => {
        if (!isUnderWay) return
        isUnderWay = false
        underWay -= 1
        if (underWay === 0) none.openUnsafe()
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
    quiet: Effect.andThen(socketsRead, counter.none.await).pipe(
      Effect.timeoutOption(LONGEST_WAIT),
      Effect.asVoid
    )
  }
}

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
    /** Completes once nothing live is on its way into the database, or after a second. */
    readonly quiet: Effect.Effect<void>
  }
>()('backscroll/services/journal/LiveTraffic') {
  static readonly layer: Layer.Layer<LiveTraffic, never, AccountMemory> = Layer.effect(
    LiveTraffic,
    Effect.map(AccountMemory, makeLiveTraffic)
  )
}
