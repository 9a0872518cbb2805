// Requests that wait to be accepted at the same time are accepted in one transaction, and the disk is waited for once for all of them.
// A request is alone with its faults: when a transaction fails, each of its requests is tried by itself.
import { Cause, Context, Deferred, Effect, Exit, type Tracer } from 'effect'
import { SqlClient, type SqlError } from 'effect/sql'
import type { AccountNotFound } from '../accounts.ts'
import { EntryWithChange } from '../access/audit-log.ts'
import { Durability, untilDurable, WaitsForDisk } from '../database/durability.ts'
import { asDatabaseError, DatabaseError } from '../database/error.ts'
import { fail, makeBatches, type Waiting } from '../process/batches.ts'
import { currentTrace } from '../telemetry/tracing.ts'
import type { Self } from '../whatsapp/convert/address.ts'
import { acceptAll, type Accepted, keyOf, type OutboxRequest, type Submitted } from './accept.ts'
import type { IdempotencyConflict } from './errors.ts'

const ACCEPTING = 'accepting messages'

type Refusal = AccountNotFound | IdempotencyConflict | DatabaseError

export class Acceptances extends Context.Service<
  Acceptances,
  {
    /**
     * Writes the entry and its message document; completes when the disk has them. From then on it will be sent, or fail with a
     * reason. A request that was accepted before is not accepted again. Whoever stops waiting takes the request back, unless it is
     * being written.
     */
    readonly accept: (request: OutboxRequest, self: Self) => Effect.Effect<Accepted, Refusal>
  }
>()('backscroll/services/outbox/Acceptances') {}

interface Asked extends Submitted {
  readonly auditFirst: Effect.Effect<void, SqlError.SqlError>
  readonly span: Tracer.AnySpan | undefined
}
type Batch = ReadonlyArray<Waiting<Asked, Accepted, Refusal>>

/** Accepts them in one transaction, which is a part of the trace of the first. */
const acceptTogether = Effect.fnUntraced(function* (asked: ReadonlyArray<Asked>) {
  const sql = yield* SqlClient.SqlClient
  const span = asked[0]?.span
  const accepting = acceptAll(asked, ({ auditFirst }) => auditFirst).pipe(
    sql.withTransaction,
    // The answers wait, below.
    Effect.provideService(WaitsForDisk, false),
    asDatabaseError(ACCEPTING)
  )
  return yield* span === undefined ? accepting : Effect.withParentSpan(accepting, span)
})

/** Answers when the disk has what was written. Who comes meanwhile is accepted by the next transaction, which would wait as long anyway. */
const deal = Effect.fnUntraced(function* (batch: Batch) {
  const answers = yield* acceptTogether(batch.map(({ item }) => item))
  const written = yield* Effect.exit(untilDurable(yield* Durability))
  if (Exit.isFailure(written)) {
    // Nobody knows what the disk has: they are not tried again.
    const cause = Cause.map(
      written.cause,
      failure => new DatabaseError({ operation: ACCEPTING, cause: failure })
    )
    return fail(batch, cause)
  }
  for (const [place, { answered }] of batch.entries()) {
    const result = answers[place]
    if (result !== undefined) Deferred.doneUnsafe(answered, Effect.fromResult(result))
  }
})

/** Accepts what waits until the scope closes. */
export const makeAcceptances = Effect.gen(function* () {
  const batches = yield* makeBatches({ deal, keyOf: ({ request }: Asked) => keyOf(request) })

  const accept = Effect.fn('Outbox.accept')(function* (request: OutboxRequest, self: Self) {
    yield* Effect.annotateCurrentSpan({ accountId: request.accountId })
    return yield* batches.add({
      request,
      self,
      trace: yield* currentTrace,
      span: yield* Effect.orElseSucceed(Effect.currentParentSpan, () => undefined),
      auditFirst: yield* EntryWithChange
    })
  })
  return Acceptances.of({ accept })
})
