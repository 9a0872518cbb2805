// What the outbox answers instead of doing what it was asked.
import { Effect, Schema } from 'effect'
import { OutboxStatus } from '../../domain/outbox.ts'

/** The request cannot be sent; `field` is the one that is wrong. */
export class RequestRefused extends Schema.TaggedError<RequestRefused>()('RequestRefused', {
  field: Schema.String,
  reason: Schema.String
}) {}

export const refuse = (field: string, reason: string): Effect.Effect<never, RequestRefused> =>
  Effect.fail(new RequestRefused({ field, reason }))

/** The account is not linked to a phone, so nothing can be sent. */
export class AccountNotLinked extends Schema.TaggedError<AccountNotLinked>()('AccountNotLinked', {
  accountId: Schema.String
}) {}

/** The key was used for another message within the last 24 hours. */
export class IdempotencyConflict extends Schema.TaggedError<IdempotencyConflict>()(
  'IdempotencyConflict',
  {}
) {}

/** The entry is not waiting any more (or was never there: `status` is `null`). */
export class NotCancellable extends Schema.TaggedError<NotCancellable>()('NotCancellable', {
  status: Schema.NullOr(OutboxStatus)
}) {}

/** Nobody can be reached for an entry; another try does not change it. */
export class RecipientLost extends Schema.TaggedError<RecipientLost>()('RecipientLost', {
  /** `recipient.numberMoved`: the number is another person's now; `recipient.notOnWhatsApp`: nobody has the number. */
  reason: Schema.Literals(['recipient.numberMoved', 'recipient.notOnWhatsApp'])
}) {}

/** More is known of the recipient now: the thread and the address of the entry may be others. */
export class RecipientMoved extends Schema.TaggedError<RecipientMoved>()('RecipientMoved', {}) {}
