// Whole numbers, which the documentation of the API calls integers.
import { Schema } from 'effect'

/** Unlike `Schema.Int` also beyond 2^53: WhatsApp has fields of 64 bits, in which anybody can send anything. */
export const Whole = Schema.Finite.check(
  Schema.makeFilter(Number.isInteger, {
    expected: 'a whole number',
    toJsonSchema: () => ({ type: 'integer' })
  })
)

/** A moment, in milliseconds since 1970. */
export const Time = Whole.annotate({ description: 'Milliseconds since 1970' })
