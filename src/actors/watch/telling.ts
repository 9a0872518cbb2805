// What accounts do, written to the log of events, in its order: the observer of the actors cannot wait for the database.
import { Effect, Queue } from 'effect'
import { SqlClient } from 'effect/sql'
import { AccountStore } from '../../services/conversations/account-store.ts'
import { EventLog, type EventWrite } from '../../services/events/event-log.ts'

interface Told {
  readonly accountId: string
  readonly event: EventWrite
}

/** Events that wait while the database does not work; the oldest of more are lost. */
const MOST_WAITING = 10_000
const RETRY_AFTER = '1 second'

/** An account that was removed meanwhile has no events any more. */
const write = Effect.fnUntraced(function* (told: ReadonlyArray<Told>) {
  const sql = yield* SqlClient.SqlClient
  const log = yield* EventLog
  const accounts = yield* AccountStore
  const writing = Effect.gen(function* () {
    for (const [accountId, ofAccount] of Map.groupBy(told, one => one.accountId)) {
      if ((yield* accounts.read(accountId)) === undefined) continue
      yield* log.append(
        accountId,
        ofAccount.map(({ event }) => event)
      )
    }
  })
  yield* sql.withTransaction(writing)
})

const writeUntilStored = (told: ReadonlyArray<Told>): Effect.Effect<void, never, Needs> =>
  write(told).pipe(
    Effect.catch(error =>
      Effect.logDebug('Events of accounts cannot be stored now', error).pipe(
        Effect.andThen(Effect.sleep(RETRY_AFTER)),
        Effect.andThen(Effect.suspend(() => writeUntilStored(told)))
      )
    )
  )

type Needs = AccountStore | EventLog | SqlClient.SqlClient

/** Returns how to tell. */
export const makeTelling = Effect.gen(function* () {
  const waiting = yield* Queue.sliding<Told>(MOST_WAITING)
  yield* Effect.forkScoped(Effect.forever(Effect.flatMap(Queue.takeAll(waiting), writeUntilStored)))
  return (accountId: string, event: EventWrite): void => void Queue.offerUnsafe(waiting, { accountId, event })
})
