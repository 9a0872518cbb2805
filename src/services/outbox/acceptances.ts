// Requests that wait to be accepted at the same time are accepted in one transaction, and the disk is waited for once for all of them.
// A request is alone with its faults: when a transaction fails, each of its requests is tried by itself.
import { Cause, Context, Deferred, Effect, Exit, Latch, type Result, Semaphore, type Tracer } from 'effect'
import { SqlClient, type SqlError } from 'effect/sql'
import { EntryWithChange } from '../access/audit-log.ts'
import { Identity } from '../conversations/identity.ts'
import { Durability, WaitsForDisk } from '../database/durability.ts'
import { asDatabaseError, DatabaseError } from '../database/error.ts'
import { currentTrace } from '../telemetry/tracing.ts'
import type { Self } from '../whatsapp/convert/address.ts'
import { acceptAll, type Accepted, keyOf, type OutboxRequest, type Submitted } from './accept.ts'
import type { IdempotencyConflict } from './errors.ts'

export class Acceptances extends Context.Service<
  Acceptances,
  {
    /**
     * Writes the entry and its message document; completes when the disk has them. From then on it will be sent, or fail with a
     * reason. A request that was accepted before is not accepted again. Whoever stops waiting takes the request back, unless it is
     * being written.
     */
    readonly accept: (
      request: OutboxRequest,
      self: Self
    ) => Effect.Effect<Accepted, IdempotencyConflict | DatabaseError>
  }
>()('backscroll/services/outbox/Acceptances') {}

/** In one transaction: others wait for its end. */
const MOST_TOGETHER = 64
/** More requests wait outside, and have cost little until then. */
const MOST_WAITING = 1024

interface Waiting extends Submitted {
  readonly auditFirst: Effect.Effect<void, SqlError.SqlError>
  readonly span: Tracer.AnySpan | undefined
  readonly answered: Deferred.Deferred<Accepted, IdempotencyConflict | DatabaseError>
}

/** Requests in the order in which they came. */
const makeQueue = () => {
  let waiting: Array<Waiting> = []
  const some = Latch.makeUnsafe(false)

  return {
    add: (one: Waiting) =>
      Effect.suspend(() => {
        waiting.push(one)
        return some.open
      }),
    remove: (one: Waiting) => Effect.sync(() => void (waiting = waiting.filter(other => other !== one))),
    /** Completes when there may be one. */
    some: some.await,
    /** The next ones. Of several with one key only the first: the others have to find it stored. */
    take: (): ReadonlyArray<Waiting> => {
      const keys = new Set<string>()
      const taken: Array<Waiting> = []
      const left: Array<Waiting> = []
      for (const one of waiting) {
        const key = keyOf(one.request)
        const goes = taken.length < MOST_TOGETHER && (key === undefined || !keys.has(key))
        if (goes && key !== undefined) keys.add(key)
        ;(goes ? taken : left).push(one)
      }
      waiting = left
      if (left.length === 0) some.closeUnsafe()
      return taken
    },
    takeAll: (): ReadonlyArray<Waiting> => waiting.splice(0)
  }
}

type Answers = ReadonlyArray<Result.Result<Accepted, IdempotencyConflict>>

/** Accepts them in one transaction, which is a part of the trace of the first. */
const inOneTransaction = Effect.fnUntraced(function* (requests: ReadonlyArray<Waiting>) {
  const sql = yield* SqlClient.SqlClient
  const span = requests[0]?.span
  const accepting = acceptAll(requests, ({ auditFirst }) => auditFirst).pipe(
    sql.withTransaction,
    // Each answer waits by itself: the next transaction does not.
    Effect.provideService(WaitsForDisk, false),
    asDatabaseError('accepting messages')
  )
  return yield* span === undefined ? accepting : Effect.withParentSpan(accepting, span)
})

const fail = (requests: ReadonlyArray<Waiting>, cause: Cause.Cause<DatabaseError>): void => {
  for (const { answered } of requests) Deferred.doneUnsafe(answered, Exit.failCause(cause))
}

/** Once what is committed is on the disk. */
const answer = (
  durability: Durability['Service'],
  requests: ReadonlyArray<Waiting>,
  answers: Answers
): void =>
  durability.whenDurable(failure => {
    if (failure !== undefined) {
      const error = new DatabaseError({ operation: 'accepting messages', cause: failure })
      return fail(requests, Cause.fail(error))
    }
    for (const [place, { answered }] of requests.entries()) {
      const result = answers[place]
      if (result !== undefined) Deferred.doneUnsafe(answered, Effect.fromResult(result))
    }
  })

const acceptTogether = (
  requests: ReadonlyArray<Waiting>
): Effect.Effect<void, never, Effect.Services<ReturnType<typeof inOneTransaction>> | Durability> =>
  Effect.flatMap(Effect.exit(inOneTransaction(requests)), exit => {
    if (Exit.isSuccess(exit)) return Effect.map(Durability, disk => answer(disk, requests, exit.value))
    if (requests.length > 1) return Effect.forEach(requests, one => acceptTogether([one]), { discard: true })
    return Effect.andThen(
      forgetAddresses(requests),
      Effect.sync(() => fail(requests, exit.cause))
    )
  })

/** Addresses that were to be written must not be remembered as known. */
const forgetAddresses = Effect.fnUntraced(function* (requests: ReadonlyArray<Waiting>) {
  const identity = yield* Identity
  for (const { request } of requests) yield* identity.forget(request.accountId)
})

/** Accepts what waits until the scope closes. */
export const makeAcceptances = Effect.gen(function* () {
  const queue = makeQueue()
  const places = Semaphore.makeUnsafe(MOST_WAITING)
  const round = Effect.andThen(
    queue.some,
    Effect.uninterruptible(Effect.suspend(() => acceptTogether(queue.take())))
  )
  yield* Effect.addFinalizer(() => Effect.sync(() => fail(queue.takeAll(), Cause.interrupt())))
  yield* Effect.forkScoped(Effect.forever(round))

  const accept = Effect.fn('Outbox.accept')(function* (request: OutboxRequest, self: Self) {
    yield* Effect.annotateCurrentSpan({ accountId: request.accountId })
    const one: Waiting = {
      request,
      self,
      trace: yield* currentTrace,
      span: yield* Effect.orElseSucceed(Effect.currentParentSpan, () => undefined),
      auditFirst: yield* EntryWithChange,
      answered: Deferred.makeUnsafe()
    }
    return yield* Effect.andThen(queue.add(one), Deferred.await(one.answered)).pipe(
      Effect.onInterrupt(() => queue.remove(one)),
      waited => places.withPermit(waited)
    )
  })
  return Acceptances.of({ accept })
})
